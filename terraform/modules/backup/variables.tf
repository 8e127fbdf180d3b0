variable "name" {
  description = "Name of the vault and the plan."
  type        = string
}

variable "resource_arns" {
  description = "What is backed up: ARNs of databases and tables."
  type        = list(string)
}

variable "keep_days" {
  description = "Days a daily backup is kept."
  type        = number
  default     = 35
}

variable "key_arn" {
  description = "KMS key of the vault; null for the key of the service."
  type        = string
  default     = null
}

variable "protected" {
  description = "Whether backups outlive a destroy (which then stops at the vault)."
  type        = bool
  default     = true
}

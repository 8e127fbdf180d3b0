variable "name" {
  description = "Name of the table."
  type        = string
  default     = "EightDigit"
}

variable "key_arn" {
  description = "KMS key that encrypts the table; null for the key of the service."
  type        = string
  default     = null
}

variable "protected" {
  description = "Whether the table refuses its deletion."
  type        = bool
  default     = true
}

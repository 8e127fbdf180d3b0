variable "name" {
  description = "Name of the secret."
  type        = string
}

variable "description" {
  description = "What the secret is for."
  type        = string
}

variable "username" {
  description = "User name: the value is then JSON with username and password. Null for the value alone."
  type        = string
  default     = null
}

variable "generation" {
  description = "Raise it by one for a new value; equal numbers keep the value."
  type        = number
  default     = 1
}

variable "key_arn" {
  description = "KMS key that encrypts the secret; null for the key of the service."
  type        = string
  default     = null
}

variable "recovery_days" {
  description = "Days a deleted secret can be rescued (7 to 30); 0 deletes at once and frees the name."
  type        = number
  default     = 7
}

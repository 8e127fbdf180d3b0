variable "name" {
  description = "Name of the table."
  type        = string
  default     = "EightDigit"

  validation {
    condition     = can(regex("^[a-zA-Z0-9_.-]{3,255}$", var.name))
    error_message = "A table's name has 3 to 255 letters, digits, hyphens, dots and underscores."
  }
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

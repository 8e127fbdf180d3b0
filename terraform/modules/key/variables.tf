variable "name" {
  description = "Alias of the key and the word in its description."
  type        = string
}

variable "deletion_days" {
  description = "Days a key can still be rescued after its deletion (7 to 30)."
  type        = number
  default     = 30

  validation {
    condition     = var.deletion_days >= 7 && var.deletion_days <= 30
    error_message = "AWS waits 7 to 30 days before a key is gone."
  }
}

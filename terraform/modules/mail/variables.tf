variable "name" {
  description = "First part of the names of the secret and the user."
  type        = string
}

variable "from" {
  description = "Sender's address of mails; its domain becomes SES's identity."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9._+-]+@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$", var.from))
    error_message = "Mails are from a bare address such as notes@example.org, its domain in small letters."
  }
}

variable "ses" {
  description = "Whether SES sends; otherwise it is a server of your own."
  type        = bool
  default     = true
}

variable "zone_id" {
  description = "Route 53 zone in which the domain's records are made, if it holds that domain; null: make them yourself."
  type        = string
  default     = null
}

variable "key_arn" {
  description = "KMS key that encrypts the secret."
  type        = string
}

variable "recovery_days" {
  description = "Days a deleted secret can be rescued (7 to 30); 0 deletes at once and frees the name."
  type        = number
  default     = 7
}

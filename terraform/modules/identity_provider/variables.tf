variable "name" {
  description = "First part of the secret's name."
  type        = string
}

variable "provider_settings" {
  description = "The provider's issuer, this site's name there, what people call it, and whether it brings new people though sign-up is closed."
  type        = object({ issuer = string, client_id = string, name = optional(string), sign_up = optional(bool, false) })

  validation {
    condition     = can(regex("^https://[a-z0-9.-]+(/[^?#[:space:]]*)?$", var.provider_settings.issuer))
    error_message = "The issuer is an address such as https://accounts.example, without a port: the app reaches port 443 alone."
  }

  validation {
    condition     = can(regex("^[!-~]{1,255}$", var.provider_settings.client_id)) && can(regex("^[[:alnum:] .&-]{1,60}$", coalesce(var.provider_settings.name, "-")))
    error_message = "client_id is this site's name at the provider, without spaces; the name has letters, digits, spaces, dots, & and hyphens."
  }
}

variable "domain" {
  description = "Domain of the site, to which the provider sends people back by TLS."
  type        = string
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

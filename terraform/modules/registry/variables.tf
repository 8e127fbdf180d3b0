variable "name" {
  description = "Name of the repository."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]+([._/-][a-z0-9]+)*$", var.name)) && length(var.name) >= 2 && length(var.name) <= 256
    error_message = "A repository's name is of small letters and digits, with single ._-/ between them."
  }
}

variable "keep_images" {
  description = "How many images stay to roll back to."
  type        = number
  default     = 20
}

variable "key_arn" {
  description = "KMS key that encrypts the images; null for the key of the service."
  type        = string
  default     = null
}

variable "force_destroy" {
  description = "Whether a destroy may delete the images too."
  type        = bool
  default     = false
}

variable "region" {
  description = "AWS region of the state bucket."
  type        = string
  default     = "eu-central-1"
}

variable "name" {
  description = "First part of the bucket's name."
  type        = string
  default     = "notes-terraform-state"
}

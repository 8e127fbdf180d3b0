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

variable "guardduty" {
  description = "Whether GuardDuty watches this account and region for stolen credentials, strange calls and traffic; paid by what it reads, a few dollars a month here."
  type        = bool
  default     = false
}

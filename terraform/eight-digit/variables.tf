variable "exposure" {
  description = "public-task: tasks with public addresses on port 5000, the cheapest. load-balancer: private tasks behind a load balancer with TLS, a NAT gateway and a KMS key of its own."
  type        = string
  default     = "public-task"

  validation {
    condition     = contains(["public-task", "load-balancer"], var.exposure)
    error_message = "exposure is public-task or load-balancer."
  }
}

variable "region" {
  description = "AWS region."
  type        = string
  default     = "eu-central-1"
}

variable "table_name" {
  description = "Name of the DynamoDB table."
  type        = string
  default     = "EightDigit"
}

variable "image_digest" {
  description = "Digest (sha256:...) of the pushed image; null before the first push."
  type        = string
  default     = null
}

variable "domain" {
  description = "Host name people use; null accepts any, as one must while tasks are reached by their addresses."
  type        = string
  default     = null
}

variable "certificate_arn" {
  description = "ACM certificate of the domain; needed by the load balancer."
  type        = string
  default     = null

  validation {
    condition     = var.exposure == "public-task" || var.certificate_arn != null
    error_message = "The load balancer speaks TLS only: it needs certificate_arn."
  }
}

variable "tasks" {
  description = "Fewest and most tasks."
  type        = object({ min = number, max = number })
  default     = { min = 2, max = 4 }
}

variable "email" {
  description = "Address for alarms; null for none."
  type        = string
  default     = null
}

variable "monthly_budget" {
  description = "US dollars a month after which a mail is sent; null for no budget."
  type        = number
  default     = 60
}

variable "protected" {
  description = "Whether table, logs and images refuse to be destroyed. Set it to false and apply before a tear-down."
  type        = bool
  default     = true
}

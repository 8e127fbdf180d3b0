variable "name" {
  description = "Name of the pipeline and its projects."
  type        = string
}

variable "source_code" {
  description = "GitHub repository (owner/name), its branch, and the ARN of the connection, which a person has authorized in the console."
  type        = object({ repository = string, branch = string, connection_arn = string })

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$", var.source_code.repository))
    error_message = "The repository is given as owner/name."
  }

  validation {
    condition     = can(regex("^arn:[a-z-]+:(codeconnections|codestar-connections):[a-z0-9-]+:[0-9]{12}:connection/[a-zA-Z0-9-]+$", var.source_code.connection_arn))
    error_message = "connection_arn is the ARN of a connection of codeconnections, or of codestar-connections, its former name."
  }
}

variable "image_repository" {
  description = "ECR repository the image is pushed to, and the policy to do so."
  type        = object({ name = string, url = string, push_policy = string })
}

variable "digest_parameter" {
  description = "Parameter with the digest of the image in service."
  type        = object({ name = string, arn = string })
}

variable "instances" {
  description = "Name and ARN of the auto scaling group a release refreshes, and the target group its instances must be healthy in."
  type        = object({ name = string, arn = string, target_group_arn = string })
}

variable "key_arn" {
  description = "KMS key of artifacts and logs."
  type        = string
}

variable "log_days" {
  description = "Days the logs are kept."
  type        = number
  default     = 30
}

variable "protected" {
  description = "Whether the artifacts outlive a destroy."
  type        = bool
  default     = true
}

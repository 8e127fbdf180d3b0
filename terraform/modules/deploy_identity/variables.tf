variable "name" {
  description = "Name of the role."
  type        = string
}

variable "github_repository" {
  description = "The repository that may deploy, as owner/name."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$", var.github_repository))
    error_message = "The repository is given as owner/name; a wildcard would let strangers deploy."
  }
}

variable "github_environment" {
  description = "The GitHub environment whose protection rules guard a deployment."
  type        = string
  default     = "production"
}

variable "provider_arn" {
  description = "The account's OIDC provider for GitHub; null to make it. An account has one at most."
  type        = string
  default     = null
}

variable "repository" {
  description = "ARN of the ECR repository, and the policy to push to it."
  type        = object({ arn = string, push_policy = string })
}

variable "service" {
  description = "The ECS service it may update: names, and the roles it may pass to task definitions."
  type = object({
    cluster_arn = string
    service_arn = string
    families    = list(string)
    role_arns   = list(string)
  })
}

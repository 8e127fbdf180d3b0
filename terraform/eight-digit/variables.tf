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

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is a name such as eu-central-1."
  }
}

variable "environment" {
  description = "First part of all names, such as dev, so that several environments fit into one account; null for names without a prefix."
  type        = string
  default     = null

  validation {
    condition     = var.environment == null ? true : can(regex("^[a-z][a-z0-9]{0,7}$", var.environment))
    error_message = "environment has 8 small letters and digits at most, a letter first: it is part of names that are short."
  }
}

variable "vpc_cidr" {
  description = "Address range of the VPC, from /16 to /20; its subnets are the /24 ranges with the numbers in main.tf."
  type        = string
  default     = "10.0.0.0/16"
}

variable "image_digest" {
  description = "Digest (sha256:...) of the pushed image; null before the first push."
  type        = string
  default     = null
}

variable "released" {
  description = "Whether the first release was made (docs/deployment.md). Until then no task has to run."
  type        = bool
  default     = false
}

variable "domain" {
  description = "Host name of the site; null accepts any, which public-task needs, as its tasks are reached by their addresses."
  type        = string
  default     = null

  validation {
    condition     = var.domain == null ? true : can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$", var.domain)) && length(var.domain) <= 64
    error_message = "domain is a host name in small letters, 64 at most, without https:// and without a path; an address has no certificate."
  }
}

variable "zone_id" {
  description = "Route 53 zone that holds the domain: the load balancer's certificate and record are then made there. Null: make them yourself."
  type        = string
  default     = null

  validation {
    condition     = var.zone_id == null ? true : can(regex("^Z[A-Z0-9]{1,31}$", var.zone_id))
    error_message = "zone_id is the id of a hosted zone of Route 53, for example Z0123456789ABCDEFGHIJ."
  }

  validation {
    condition     = var.zone_id == null || (var.domain != null && var.exposure == "load-balancer")
    error_message = "zone_id is for a domain that leads to a load balancer: set domain and exposure."
  }
}

variable "certificate_arn" {
  description = "ACM certificate of the domain, for the load balancer; null to order one where zone_id is given."
  type        = string
  default     = null

  validation {
    condition     = var.exposure == "public-task" || var.certificate_arn != null || var.zone_id != null
    error_message = "The load balancer speaks TLS only: it needs certificate_arn or zone_id."
  }

  validation {
    condition     = var.certificate_arn == null ? true : can(regex("^arn:[a-z-]+:acm:${var.region}:[0-9]{12}:certificate/", var.certificate_arn))
    error_message = "certificate_arn is an ACM certificate of the composition's region: a load balancer takes no other."
  }
}

variable "tasks" {
  description = "Least and greatest number of tasks."
  type        = object({ min = number, max = number })
  default     = { min = 2, max = 4 }
}

variable "exec" {
  description = "Whether aws ecs execute-command may open a shell in a task, with the permission. It makes the task's root file system writable: reset it afterwards."
  type        = bool
  default     = false
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

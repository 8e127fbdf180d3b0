variable "name" {
  description = "Name of the load balancer."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9]([a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?$", var.name)) && !startswith(var.name, "internal-")
    error_message = "A load balancer's name has 32 letters, digits and hyphens at most, no hyphen at an end, and not internal- at its beginning."
  }
}

variable "target_group_name" {
  description = "Name of the target group; null for the name of the load balancer."
  type        = string
  default     = null

  validation {
    condition     = var.target_group_name == null || can(regex("^[a-zA-Z0-9]([a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?$", var.target_group_name))
    error_message = "A target group's name has 32 letters, digits and hyphens at most, no hyphen at an end."
  }
}

variable "internal" {
  description = "Whether the load balancer has private addresses only."
  type        = bool
}

variable "vpc_id" {
  description = "VPC of the targets."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets of the load balancer, in two zones at least."
  type        = list(string)
}

variable "security_group_id" {
  description = "Security group of the load balancer."
  type        = string
}

variable "listener_port" {
  description = "Port of the plain listener. With TLS it only redirects to 443."
  type        = number
  default     = 80
}

variable "forwarded_for" {
  description = "append: the load balancer appends its client's address to X-Forwarded-For. preserve: it does not, so the last address is the one that CloudFront wrote; only if nothing but CloudFront can reach the load balancer."
  type        = string
  default     = "append"

  validation {
    condition     = contains(["append", "preserve"], var.forwarded_for)
    error_message = "forwarded_for is append or preserve."
  }

  validation {
    condition     = var.forwarded_for == "append" || var.internal
    error_message = "Clients of a public load balancer could forge X-Forwarded-For: forwarded_for must be append there."
  }
}

variable "tls" {
  description = "Whether a TLS listener on 443 serves and the plain one redirects. Separate from certificate_arn, which may be known only after the plan."
  type        = bool
  default     = false

  validation {
    condition     = !var.tls || var.certificate_arn != null
    error_message = "TLS needs certificate_arn."
  }
}

variable "certificate_arn" {
  description = "ACM certificate of the TLS listener."
  type        = string
  default     = null
}

variable "targets" {
  description = "Kind of targets: ip (Fargate tasks) or instance, and their port."
  type        = object({ type = string, port = number })

  validation {
    condition     = contains(["ip", "instance"], var.targets.type)
    error_message = "Targets are of type ip or instance."
  }
}

variable "health_check" {
  description = "Path requested every 'interval' seconds; after 'healthy' good answers in a row a target gets requests, after 'unhealthy' failures it gets none."
  type = object({
    path      = string
    interval  = optional(number, 30)
    timeout   = optional(number, 5)
    healthy   = optional(number, 2)
    unhealthy = optional(number, 3)
  })

  validation {
    condition     = var.health_check.timeout < var.health_check.interval && var.health_check.interval >= 5 && var.health_check.interval <= 300
    error_message = "A health check comes every 5 to 300 seconds and waits for less than that."
  }

  validation {
    condition     = min(var.health_check.healthy, var.health_check.unhealthy) >= 2 && max(var.health_check.healthy, var.health_check.unhealthy) <= 10
    error_message = "A target changes its state after 2 to 10 checks."
  }
}

variable "drain_seconds" {
  description = "Seconds a deregistered target has to finish its requests; must be more than gunicorn's graceful timeout."
  type        = number
  default     = 40
}

variable "log_days" {
  description = "Days the access logs are kept."
  type        = number
  default     = 90
}

variable "protected" {
  description = "Whether the load balancer refuses its deletion and its logs outlive a destroy."
  type        = bool
  default     = true
}

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
  description = "append: X-Forwarded-For ends with who asked the load balancer. preserve: it stays as CloudFront wrote it, and ends with the visitor; only where nothing but CloudFront reaches the load balancer."
  type        = string
  default     = "append"

  validation {
    condition     = contains(["append", "preserve"], var.forwarded_for)
    error_message = "forwarded_for is append or preserve."
  }

  validation {
    condition     = var.forwarded_for == "append" || var.internal
    error_message = "Whoever reaches a public load balancer could say who he is: forwarded_for is append there."
  }
}

variable "tls" {
  description = "Whether a TLS listener on 443 serves and the plain one redirects. Said apart from certificate_arn, which may be known only after the plan."
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
  description = "What the load balancer sends to: ip (Fargate tasks) or instance, and their port."
  type        = object({ type = string, port = number })

  validation {
    condition     = contains(["ip", "instance"], var.targets.type)
    error_message = "Targets are of type ip or instance."
  }
}

variable "health_check" {
  description = "Path asked every 'interval' seconds; 'healthy' answers in a row let a target in, 'unhealthy' failures take it out."
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
  description = "Seconds a leaving target may finish its requests. More than gunicorn's graceful timeout, or answers are cut."
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

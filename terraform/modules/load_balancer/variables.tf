variable "name" {
  description = "Name of the load balancer."
  type        = string
}

variable "target_group_name" {
  description = "Name of the target group; null for the name of the load balancer."
  type        = string
  default     = null
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
  description = "Port of the plain listener. With a certificate it only redirects to 443."
  type        = number
  default     = 80
}

variable "certificate_arn" {
  description = "ACM certificate; with one, a TLS listener on 443 serves and the plain one redirects."
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

variable "name" {
  description = "Name of the topic and the dashboard, first part of the alarms' names."
  type        = string
}

variable "email" {
  description = "Address that gets the alarms, once it has confirmed; null for none."
  type        = string
  default     = null

  validation {
    condition     = var.email == null ? true : can(regex("^[^@[:space:]]+@[^@[:space:]]+\\.[^@[:space:]]+$", var.email))
    error_message = "email is a mail address."
  }
}

variable "key_arn" {
  description = "KMS key of the topic; null for the key of the service."
  type        = string
  default     = null
}

variable "load_balancer" {
  description = "CloudWatch names of a load balancer and its target group, and how many targets should be healthy; null for none."
  type        = object({ arn_suffix = string, target_group_arn_suffix = string, healthy = optional(number, 1) })
  default     = null
}

variable "service" {
  description = "Names of an ECS cluster and service; null for none."
  type        = object({ cluster = string, service = string })
  default     = null
}

variable "instances" {
  description = "Name of an auto scaling group of app instances; null for none."
  type        = string
  default     = null
}

variable "database" {
  description = "An RDS database: its name in CloudWatch, the number of connections that is too many, whether it has copies that can be read, and whether its class lives on CPU credits; null for none."
  type        = object({ dimensions = map(string), connections = optional(number, 60), copies = optional(bool, false), burstable = optional(bool, false) })
  default     = null
}

variable "nginx" {
  description = "CloudWatch namespaces that hosts of nginx report to: first, and second if there are two."
  type        = map(string)
  default     = {}
}

variable "certificate" {
  description = "ARN of the load balancer's certificate in ACM; null for none."
  type        = object({ arn = string })
  default     = null
}

variable "table" {
  description = "Name of a DynamoDB table; null for none."
  type        = string
  default     = null
}

variable "malware_scan" {
  description = "A scan of files by GuardDuty: its name in CloudWatch; null for none."
  type        = map(string)
  default     = null
}

variable "app_logs" {
  description = "Name of the log group with the app's lines; null if the app has no accounts."
  type        = string
  default     = null
}

variable "latency_seconds" {
  description = "Average answer time that is too long."
  type        = number
  default     = 0.2
}

variable "monthly_budget" {
  description = "US dollars a month after which a mail is sent (at 80 % and when the forecast passes it); null for none."
  type        = number
  default     = null

  validation {
    condition     = var.monthly_budget == null ? true : var.monthly_budget > 0
    error_message = "The budget must be above zero; null for no budget."
  }
}

variable "budget_tags" {
  description = "Cost allocation tags of the resources in the budget, which must be activated; none for the whole account."
  type        = map(string)
  default     = {}

  validation {
    # AWS joins several values of one filter by "or".
    condition     = length(var.budget_tags) <= 1
    error_message = "A budget counts by one tag."
  }
}

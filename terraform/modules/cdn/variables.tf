variable "name" {
  description = "Name of the distribution and its firewall."
  type        = string
}

variable "domain" {
  description = "Host name people use."
  type        = string
}

variable "load_balancer" {
  description = "Internal load balancer whose certificate names the domain."
  type        = object({ arn = string, dns_name = string })
}

variable "certificate_arn" {
  description = "ACM certificate of the domain, in us-east-1: CloudFront knows no other region."
  type        = string

  validation {
    condition     = strcontains(var.certificate_arn, ":us-east-1:")
    error_message = "CloudFront takes certificates from us-east-1 only."
  }
}

variable "requests_per_address" {
  description = "Requests one address may send in five minutes: more than nginx lets through (40 a second), or an office behind one address would be shut out where nginx only slows it down."
  type        = number
  default     = 15000

  validation {
    condition     = var.requests_per_address >= 12000
    error_message = "nginx lets 12,000 requests through in five minutes: the firewall's limit is above."
  }
}

variable "name" {
  description = "Name of the distribution and its firewall."
  type        = string
}

variable "domain" {
  description = "Host name people use."
  type        = string
}

variable "origin_domain" {
  description = "Host name of the load balancer, one that its certificate names."
  type        = string
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
  description = "Requests one address may send in five minutes."
  type        = number
  default     = 2000
}

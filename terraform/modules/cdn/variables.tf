variable "name" {
  description = "Name of the distribution and its firewall."
  type        = string
}

variable "domain" {
  description = "Host name of the site."
  type        = string
}

variable "load_balancer" {
  description = "Internal load balancer with a certificate for the domain."
  type        = object({ arn = string, dns_name = string })
}

variable "certificate_arn" {
  description = "ACM certificate of the domain, in us-east-1: CloudFront uses no other region."
  type        = string

  validation {
    condition     = strcontains(var.certificate_arn, ":us-east-1:")
    error_message = "CloudFront takes certificates from us-east-1 only."
  }
}

variable "requests_per_address" {
  description = "Requests one address may send in five minutes. It must be above nginx's limit (40 a second): the firewall blocks the address, nginx only delays or refuses single requests."
  type        = number
  default     = 15000

  validation {
    condition     = var.requests_per_address >= 12000
    error_message = "The firewall's limit must be above nginx's, which is 12,000 requests in five minutes."
  }
}

variable "zone_id" {
  description = "Route 53 zone that holds the domain."
  type        = string
}

variable "domain" {
  description = "Host name of the site."
  type        = string
}

variable "alias" {
  description = "The service for an alias record: its host name, its zone at AWS, and whether it has IPv6 addresses; null for hosts."
  type        = object({ dns_name = string, zone_id = string, ipv6 = optional(bool, false) })
  default     = null
}

variable "addresses" {
  description = "The hosts it leads to: name => public address. Of several, those that serve /livez are answered."
  type        = map(string)
  default     = {}
}

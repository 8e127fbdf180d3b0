variable "zone_id" {
  description = "Route 53 zone that holds the domain."
  type        = string
}

variable "domain" {
  description = "Host name people use."
  type        = string
}

variable "alias" {
  description = "The service it leads to: its host name, the zone that AWS keeps for it, and whether it speaks IPv6; null for hosts."
  type        = object({ dns_name = string, zone_id = string, ipv6 = optional(bool, false) })
  default     = null
}

variable "addresses" {
  description = "The hosts it leads to: name => public address. Of several, those that serve /livez are answered."
  type        = map(string)
  default     = {}
}

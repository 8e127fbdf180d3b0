variable "name" {
  description = "Name of the VPC; the things in it are named after it."
  type        = string
}

variable "cidr" {
  description = "Address range of the VPC; its subnets are the /24 ranges in it, by their number."
  type        = string
  default     = "10.0.0.0/16"

  validation {
    condition     = can(cidrnetmask(var.cidr)) && contains(range(16, 21), tonumber(split("/", var.cidr)[1])) && cidrhost(var.cidr, 0) == split("/", var.cidr)[0]
    error_message = "The VPC needs an IPv4 range of /16 to /20 that is written with its first address, for example 10.0.0.0/16."
  }
}

variable "public_subnets" {
  description = "Subnets with a route to the internet gateway: name => number of its /24 range, and which of the region's zones it is in, counted from 0."
  type        = map(object({ number = number, zone = number }))

  validation {
    condition     = length(distinct(values(var.public_subnets)[*].zone)) >= 2
    error_message = "The public subnets must span at least two availability zones."
  }
}

variable "private_subnets" {
  description = "Subnets without a way in from the internet: name => number of its /24 range, and which of the region's zones it is in, counted from 0."
  type        = map(object({ number = number, zone = number }))
  default     = {}
}

variable "nat" {
  description = "NAT gateways: none (private subnets reach the endpoints only), one, or per-zone (one in each public subnet)."
  type        = string
  default     = "one"

  validation {
    condition     = contains(["none", "one", "per-zone"], var.nat)
    error_message = "nat is none, one or per-zone."
  }
}

variable "gateway_endpoints" {
  description = "Services reached through a gateway endpoint, which costs nothing: s3, dynamodb."
  type        = set(string)
  default     = ["s3"]
}

variable "flow_log_days" {
  description = "Days the flow logs are kept; 0 turns them off."
  type        = number
  default     = 30
}

variable "key_arn" {
  description = "KMS key that encrypts the flow logs; null for the key of the service."
  type        = string
  default     = null
}

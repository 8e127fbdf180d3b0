variable "name" {
  description = "Prefix of the endpoints' names."
  type        = string
}

variable "vpc_id" {
  description = "VPC that gets the endpoints."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets for the endpoints' addresses, one for each zone; subnets in zones without the service are left out."
  type        = list(string)
}

variable "security_group_id" {
  description = "Security group of the endpoints: it must let port 443 in from their users."
  type        = string
}

variable "services" {
  description = "Services reached without leaving the VPC, for example ssm, ecr.api, logs."
  type        = set(string)
}

variable "domain" {
  description = "Host name of the certificate."
  type        = string
}

variable "zone_id" {
  description = "Route 53 zone that holds the domain."
  type        = string
}

variable "proven_elsewhere" {
  description = "Whether the proof is there already: an account proves a name by one and the same record in each region."
  type        = bool
  default     = false
}

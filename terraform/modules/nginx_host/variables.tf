variable "name" {
  description = "Name of the host, and of the first of two."
  type        = string
}

variable "front" {
  description = "one: a host that is replaced in any of the subnets. two: a host in each of the first two subnets, each with its own address; the DNS record has both addresses."
  type        = string
  default     = "one"

  validation {
    condition     = contains(["one", "two"], var.front)
    error_message = "front is one or two."
  }

  validation {
    condition     = var.front == "one" || length(var.subnet_ids) >= 2
    error_message = "Two hosts need two subnets."
  }
}

variable "server_name" {
  description = "Host name of the site; its DNS record points to the hosts' fixed addresses."
  type        = string
}

variable "email" {
  description = "Address the certificate authority writes to."
  type        = string
}

variable "upstream" {
  description = "host:port the requests go to."
  type        = string
}

variable "source_directory" {
  description = "Directory with the nginx sources and their render script."
  type        = string
}

variable "subnet_ids" {
  description = "Public subnets for the hosts."
  type        = list(string)
}

variable "security_group_id" {
  description = "Security group of the hosts."
  type        = string
}

variable "instance_type" {
  description = "Size of a host."
  type        = string
  default     = "t3.micro"
}

variable "key_arn" {
  description = "KMS key of the certificates and the logs."
  type        = string
}

variable "log_days" {
  description = "Days the logs are kept."
  type        = number
  default     = 30
}

variable "protected" {
  description = "Whether the certificates outlive a destroy."
  type        = bool
  default     = true
}

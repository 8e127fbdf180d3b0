variable "name" {
  description = "Name of the host."
  type        = string
}

variable "server_name" {
  description = "Host name people use; its DNS record points to the host's fixed address."
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
  description = "Public subnets the host may live in."
  type        = list(string)
}

variable "security_group_id" {
  description = "Security group of the host."
  type        = string
}

variable "instance_type" {
  description = "Size of the host."
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

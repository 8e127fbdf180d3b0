variable "name" {
  description = "Name of the group, its instances and its role."
  type        = string
}

variable "instances" {
  description = "How many instances are kept alive."
  type        = number
  default     = 1
}

variable "most_instances" {
  description = "How many instances scaling may start; null for no scaling."
  type        = number
  default     = null
}

variable "instance_type" {
  description = "Size of an instance."
  type        = string
  default     = "t3.micro"
}

variable "image" {
  description = "AMI, or resolve:ssm: and the public parameter that names the newest one."
  type        = string
  default     = "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
}

variable "disk_gb" {
  description = "Size of the encrypted root disk in GiB."
  type        = number
  default     = 10
}

variable "subnet_ids" {
  description = "Subnets the instances are spread over."
  type        = list(string)
}

variable "security_group_id" {
  description = "Security group of the instances."
  type        = string
}

variable "target_group_arns" {
  description = "Target groups the instances join."
  type        = list(string)
  default     = []
}

variable "elastic_ip" {
  description = "Whether the one instance carries a fixed public address, taken over by its replacement."
  type        = bool
  default     = false

  validation {
    condition     = !var.elastic_ip || var.instances == 1
    error_message = "One elastic IP serves one instance."
  }
}

variable "policies" {
  description = "What the instances may do besides talking to Session Manager: policy name => JSON."
  type        = map(string)
  default     = {}
}

variable "setup" {
  description = "Shell commands run once, as root, at an instance's first start; the aws command is there. A change replaces the instances."
  type        = string
}

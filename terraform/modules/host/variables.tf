variable "name" {
  description = "Name of the group, its instances and its role."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9-]{3,64}$", var.name))
    error_message = "The name is a role's too: 3 to 64 letters, digits and hyphens."
  }
}

variable "instances" {
  description = "Number of instances; failed ones are replaced."
  type        = number
  default     = 1
}

variable "most_instances" {
  description = "How many instances scaling may start; null for no scaling."
  type        = number
  default     = null
}

variable "instance_type" {
  description = "Size of an instance: x86 on Nitro, as the image is."
  type        = string
  default     = "t3.micro"

  validation {
    # Graviton families have a g after the number.
    condition     = can(regex("^[a-z]+[0-9]+[a-z-]*\\.[0-9a-z-]+$", var.instance_type)) && !can(regex("^[a-z]+[0-9]+g|^a1|^t2|^[mcr][34]\\.", var.instance_type))
    error_message = "instance_type is an x86 type on Nitro, such as t3.micro: not Graviton, and nothing as old as t2, m4 or c4."
  }
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
  description = "Whether the single instance has a fixed public address, which its replacement takes over."
  type        = bool
  default     = false

  validation {
    condition     = !var.elastic_ip || var.instances == 1
    error_message = "One elastic IP serves one instance."
  }
}

variable "policies" {
  description = "Permissions of the instances besides Session Manager: policy name => JSON."
  type        = map(string)
  default     = {}
}

variable "setup" {
  description = "Shell commands run once, as root, at an instance's first start. There are the aws command and the functions try and install_packages, which try again. A change replaces the instances."
  type        = string
}

variable "ready" {
  description = "Shell commands that succeed when the instance serves. Until then it is not in service, nor has it the fixed address; after half an hour it is replaced."
  type        = string
}

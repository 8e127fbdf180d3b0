variable "name" {
  description = "Name of the instances."
  type        = string
}

variable "instances" {
  description = "Fewest and most instances."
  type        = object({ min = number, max = number })
  default     = { min = 2, max = 4 }

  validation {
    condition     = var.instances.min >= 1 && var.instances.max >= var.instances.min
    error_message = "There is one instance at least, and the most is no less than the fewest."
  }
}

variable "instance_type" {
  description = "Size of an instance."
  type        = string
  default     = "t3.micro"
}

variable "network" {
  description = "Private subnets and security group of the instances, and the ranges the load balancer's addresses are in."
  type        = object({ subnet_ids = list(string), security_group_id = string, balancer_ranges = list(string) })
}

variable "target_group_arn" {
  description = "Target group the instances join."
  type        = string
}

variable "server_name" {
  description = "Host name nginx answers to."
  type        = string
}

variable "source_directory" {
  description = "Directory with the nginx sources and their render script."
  type        = string
}

variable "image" {
  description = "Repository, the policy to pull from it and the digest (sha256:...) of the image; null before the first push. The digest in service is kept in a parameter that a release changes."
  type        = object({ repository_url = string, pull_policy = string, digest = optional(string) })

  validation {
    condition     = var.image.digest == null ? true : can(regex("^sha256:[0-9a-f]{64}$", var.image.digest))
    error_message = "An image is named by its digest (sha256: and 64 hexadecimal digits): a tag could move."
  }
}

variable "environment" {
  description = "Settings of the app, none of them secret."
  type        = map(string)
}

variable "secrets" {
  description = "Secrets put into the environment when the app starts: variable => ARN."
  type        = map(string)
}

variable "database_secrets" {
  description = "Secrets with name and password of the database's users: what the app, the migration and the step that makes the other two log in with."
  type        = object({ app = string, migrate = string, master = string })
}

variable "files_policy" {
  description = "Policy (JSON) to keep the files of notes."
  type        = string
}

variable "key_arn" {
  description = "KMS key of files, secrets and logs."
  type        = string
}

variable "log_days" {
  description = "Days the logs are kept."
  type        = number
  default     = 30
}

variable "protected" {
  description = "Whether the files outlive a destroy."
  type        = bool
  default     = true
}

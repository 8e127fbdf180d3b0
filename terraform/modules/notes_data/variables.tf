variable "name" {
  description = "Name of the database, and the first part of the secrets' names."
  type        = string
}

variable "database" {
  description = "Kind and size of the database, whether an instance has a standby, and days of point-in-time recovery."
  type        = object({ kind = optional(string, "instance"), instance_class = string, multi_az = bool, backup_days = number })
}

variable "password_generation" {
  description = "Raised by one for new passwords of the app's database users."
  type        = number
  default     = 1
}

variable "network" {
  description = "Private subnets and security group of the database."
  type        = object({ subnet_ids = list(string), security_group_id = string })
}

variable "key_arn" {
  description = "KMS key of the secrets and the logs."
  type        = string
}

variable "data_key_arn" {
  description = "KMS key of the database, its copies and the files; it must outlive them."
  type        = string
}

variable "scan_files" {
  description = "Whether GuardDuty scans new files for malware, and those in which it finds some are given to nobody."
  type        = bool
  default     = false
}

variable "protected" {
  description = "Whether database, backups and secrets can be had back after a destroy."
  type        = bool
  default     = true
}

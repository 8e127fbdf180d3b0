variable "name" {
  description = "Identifier of the database instance."
  type        = string
}

variable "database" {
  description = "Name of the database made in it."
  type        = string
  default     = "notes"
}

variable "user" {
  description = "Name of the master user, which only makes the other users. RDS keeps its password in Secrets Manager and rotates it every seven days."
  type        = string
  default     = "notes"
}

variable "engine_version" {
  description = "Version of MySQL. 8.0 left standard support in July 2026."
  type        = string
  default     = "8.4"

  validation {
    condition     = tonumber(join(".", slice(split(".", var.engine_version), 0, 2))) >= 8.4
    error_message = "MySQL before 8.4 is out of standard support."
  }
}

variable "instance_class" {
  description = "Size of the instance."
  type        = string
  default     = "db.t4g.micro"
}

variable "storage_gb" {
  description = "First size of the disk and the size it may grow to by itself, in GiB."
  type        = object({ initial = number, limit = number })
  default     = { initial = 20, limit = 100 }
}

variable "multi_az" {
  description = "Whether a standby in another zone takes over when the primary fails."
  type        = bool
  default     = true
}

variable "subnet_ids" {
  description = "Private subnets, in two zones at least."
  type        = list(string)
}

variable "security_group_id" {
  description = "Security group of the database."
  type        = string
}

variable "key_arn" {
  description = "KMS key of the disk, the snapshots, the password and the logs."
  type        = string
}

variable "backup_days" {
  description = "Days one can go back to any second of (point-in-time recovery)."
  type        = number
  default     = 7

  validation {
    condition     = var.backup_days >= 7 && var.backup_days <= 35
    error_message = "Point-in-time recovery covers 7 to 35 days."
  }
}

variable "log_days" {
  description = "Days the database's logs are kept."
  type        = number
  default     = 30
}

variable "protected" {
  description = "Whether the database refuses its deletion. Deleted or not, a last snapshot stays."
  type        = bool
  default     = true
}

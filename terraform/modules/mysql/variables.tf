variable "name" {
  description = "Identifier of the database instance."
  type        = string

  validation {
    condition     = can(regex("^[a-z](-?[a-z0-9])*$", var.name)) && length(var.name) <= 56 # "-final" is added for the last snapshot
    error_message = "RDS takes small letters, digits and single hyphens, a letter first, 56 characters at most."
  }
}

variable "kind" {
  description = "instance: one, with or without a standby, which cannot be read. cluster: a writer and two readable standbys, one in each of three zones."
  type        = string
  default     = "instance"

  validation {
    condition     = contains(["instance", "cluster"], var.kind)
    error_message = "kind is instance or cluster."
  }

  validation {
    # A subnet is in one zone here.
    condition     = var.kind == "instance" || length(var.subnet_ids) >= 3
    error_message = "A cluster needs subnets in three zones: its writer and its two standbys are in one each."
  }
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
  description = "Size of the instance, of a family that MySQL 8.4 runs on."
  type        = string
  default     = "db.t4g.micro"

  validation {
    condition     = can(regex("^db\\.(t3|t4g|m[56]i?d?|m[678]g|c6gd|m6gd|m7i|r[56]i?b?d?|r[678]g|r6gd|r7i|x2g|x2iedn|x2idn)\\.(micro|small|medium|[0-9]*x?large)$", var.instance_class))
    error_message = "instance_class is one that runs MySQL 8.4, such as db.t4g.micro or db.m7g.large: families before t3, m5 and r5 do not."
  }

  validation {
    condition     = var.kind == "instance" || can(regex("^db\\.(c6gd|m5d|m6gd|m6id|r5d|r6gd|r6id|x2iedn)\\.", var.instance_class))
    error_message = "A cluster's instance_class has a local disk, for example db.c6gd.medium or db.m6gd.large."
  }
}

variable "storage_gb" {
  description = "Initial size of the disk and the size it may grow to automatically, in GiB."
  type        = object({ initial = number, limit = number })
  default     = { initial = 20, limit = 100 }

  validation {
    condition     = var.storage_gb.initial >= 20 && var.storage_gb.limit >= var.storage_gb.initial * 1.1
    error_message = "A disk of gp3 has 20 GiB or more, and its limit is a tenth above at least."
  }
}

variable "multi_az" {
  description = "Whether an instance has a standby in another zone that takes over when it fails; a cluster always has two."
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
  description = "KMS key of the password and the logs."
  type        = string
}

variable "data_key_arn" {
  description = "KMS key of the disk and the snapshots; it must be kept after the database is deleted, or its last snapshot cannot be read."
  type        = string
}

variable "backup_days" {
  description = "Days of point-in-time recovery."
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
  description = "Whether the database refuses deletion. Its deletion always leaves a last snapshot."
  type        = bool
  default     = true
}

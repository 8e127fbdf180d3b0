variable "region" {
  description = "AWS region."
  type        = string
  default     = "eu-central-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is a name such as eu-central-1."
  }
}

variable "environment" {
  description = "First part of all names, such as dev, so that several environments fit into one account; null for names without a prefix."
  type        = string
  default     = null

  validation {
    condition     = var.environment == null ? true : can(regex("^[a-z][a-z0-9]{0,7}$", var.environment))
    error_message = "environment has 8 small letters and digits at most, a letter first: it is part of names that are short."
  }
}

variable "vpc_cidr" {
  description = "Address range of the VPC, from /16 to /20; its subnets are the /24 ranges with the numbers in main.tf."
  type        = string
  default     = "10.0.0.0/16"
}

variable "domain" {
  description = "Host name of the site, for example notes.example.org; without zone_id point its DNS record to the output nginx_address yourself."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$", var.domain)) && length(var.domain) <= 64
    error_message = "domain is a host name in small letters, 64 at most, without https:// and without a path; an address has no certificate."
  }
}

variable "zone_id" {
  description = "Route 53 zone that holds the domain: its records are then made there. Null: make them yourself."
  type        = string
  default     = null

  validation {
    condition     = var.zone_id == null ? true : can(regex("^Z[A-Z0-9]{1,31}$", var.zone_id))
    error_message = "zone_id is the id of a hosted zone of Route 53, for example Z0123456789ABCDEFGHIJ."
  }
}

variable "front" {
  description = "Hosts of nginx: one, which is replaced within minutes when it fails, or two in two zones, of which Route 53 answers those that serve."
  type        = string
  default     = "one"

  validation {
    condition     = var.front == "one" || var.zone_id != null
    error_message = "Two hosts are found by health-checked answers of Route 53: front = \"two\" needs zone_id."
  }
}

variable "email" {
  description = "Address for the certificate authority and the alarms."
  type        = string

  validation {
    condition     = can(regex("^[^@[:space:]]+@[^@[:space:]]+\\.[^@[:space:]]+$", var.email))
    error_message = "email is a mail address."
  }
}

variable "admin_cidr" {
  description = "Your own address as a range, for example 203.0.113.7/32: the only one that may open SSH to the bastion."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.admin_cidr)) && tonumber(try(split("/", var.admin_cidr)[1], "0")) >= 24
    error_message = "SSH is for one address or a small range (/24 to /32), never for 0.0.0.0/0."
  }

  validation {
    # EC2 would write down the range that is meant, and each plan would want to change it.
    condition     = can(cidrnetmask(var.admin_cidr)) ? cidrhost(var.admin_cidr, 0) == split("/", var.admin_cidr)[0] : true
    error_message = "admin_cidr begins with the first address of its range, for example 203.0.113.0/28."
  }
}

variable "bastion_access" {
  description = "How operators reach the bastion: ssh, or session-manager with port 22 closed."
  type        = string
  default     = "ssh"
}

variable "ssh_public_key" {
  description = "Public key that may log in to the bastion; needed when bastion_access is ssh."
  type        = string
  default     = null
}

variable "nat" {
  description = "NAT gateways: one; per-zone, so that a zone's failure does not affect the others; or none: tasks then reach AWS's services by private endpoints and nothing else, for about three times the price of one gateway."
  type        = string
  default     = "one"

  validation {
    condition     = contains(["none", "one", "per-zone"], var.nat)
    error_message = "nat is none, one or per-zone."
  }
}

variable "image_digest" {
  description = "Digest (sha256:...) of the pushed image; null before the first push."
  type        = string
  default     = null
}

variable "released" {
  description = "Whether the first release was made (docs/deployment.md). Until then no task has to run."
  type        = bool
  default     = false
}

variable "task_size" {
  description = "CPU units and MiB of memory of a task."
  type        = object({ cpu = number, memory = number })
  default     = { cpu = 256, memory = 512 }
}

variable "tasks" {
  description = "Least and greatest number of tasks."
  type        = object({ min = number, max = number })
  default     = { min = 2, max = 6 }
}

variable "database" {
  description = "The database: an instance, with or without a standby in a second zone, or a cluster (a writer, two standbys that can be read, a zone for each); its size; and days of point-in-time recovery."
  type = object({
    kind           = optional(string, "instance")
    instance_class = optional(string, "db.t4g.small")
    multi_az       = optional(bool, true)
    backup_days    = optional(number, 7)
  })
  default = {}
}

variable "database_password_generation" {
  description = "Raise it by one for new passwords of the app's database users, then run the step users, which sets them in the database; until then the ones before serve."
  type        = number
  default     = 1
}

variable "database_ca" {
  description = "Path, inside the image, of the certificates that RDS is verified with."
  type        = string
  default     = "/etc/ssl/certs/rds.pem"
}

variable "exec" {
  description = "Whether aws ecs execute-command may open a shell in a task, with the permission. It makes the task's root file system writable: reset it afterwards."
  type        = bool
  default     = false
}

variable "sign_up" {
  description = "Who may make an account: open, first (only the first person) or closed."
  type        = string
  default     = "first"

  validation {
    condition     = contains(["open", "first", "closed"], var.sign_up)
    error_message = "sign_up is open, first or closed."
  }
}

variable "identity_provider" {
  description = "Identity provider by which people may sign in (OpenID Connect): its issuer, this site's client_id there, what people call it, and whether it brings new people though sign-up is closed. Its client secret is a secret that you fill. Null for none."
  type        = object({ issuer = string, client_id = string, name = optional(string), sign_up = optional(bool, false) })
  default     = null

  validation {
    condition     = var.identity_provider == null || var.nat != "none"
    error_message = "Without a NAT gateway tasks reach no identity provider: choose another nat."
  }
}

variable "mail" {
  description = "Mail by SMTP: the address mails are from; whether SES sends them, which needs the address's domain; and the server's port. MAIL_URL is a secret that you fill. Null for no mail."
  type        = object({ from = string, ses = optional(bool, true), port = optional(number, 465) })
  default     = null

  validation {
    condition     = var.mail == null ? true : contains([465, 587], var.mail.port)
    error_message = "mail.port is 465 (smtps:// in MAIL_URL) or 587 (smtp://, then TLS): mail never leaves without TLS."
  }

  validation {
    condition     = var.mail == null || var.nat != "none" ? true : var.mail.ses
    error_message = "Without a NAT gateway tasks reach no server but SES's, through an endpoint: leave mail.ses true."
  }
}

variable "github_repository" {
  description = "Repository whose workflow may deploy, as owner/name; null for none."
  type        = string
  default     = null
}

variable "github_provider_arn" {
  description = "The account's OIDC provider for GitHub, when another composition or environment has made it: an account has one at most. Null to make it."
  type        = string
  default     = null
}

variable "monthly_budget" {
  description = "US dollars a month after which a mail is sent."
  type        = number
  default     = 150
}

variable "scan_files" {
  description = "Whether GuardDuty scans new files of notes for malware, paid by the gigabyte, and what is found is given to nobody."
  type        = bool
  default     = false
}

variable "protected" {
  description = "Whether database, logs, images, certificates and backups refuse to be destroyed. Set it to false and apply before a tear-down."
  type        = bool
  default     = true
}

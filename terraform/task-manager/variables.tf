variable "region" {
  description = "AWS region."
  type        = string
  default     = "ap-south-1"

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
  description = "Host name of the site; null serves the load balancer's own name, over plain HTTP."
  type        = string
  default     = null

  validation {
    condition     = var.domain == null ? true : can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$", var.domain)) && length(var.domain) <= 64
    error_message = "domain is a host name in small letters, 64 at most, without https:// and without a path; an address has no certificate."
  }
}

variable "zone_id" {
  description = "Route 53 zone that holds the domain: certificates and records are then made there. Null: make them yourself."
  type        = string
  default     = null

  validation {
    condition     = var.zone_id == null ? true : can(regex("^Z[A-Z0-9]{1,31}$", var.zone_id))
    error_message = "zone_id is the id of a hosted zone of Route 53, for example Z0123456789ABCDEFGHIJ."
  }

  validation {
    condition     = var.zone_id == null || var.domain != null
    error_message = "zone_id is for a domain: set domain too."
  }
}

variable "certificate_arn" {
  description = "ACM certificate of the domain, in the region; null to order one where zone_id is given, and otherwise for plain HTTP, which is for trying out only."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null || var.domain != null
    error_message = "A certificate is for a domain: set domain too."
  }

  validation {
    condition     = var.certificate_arn == null ? true : can(regex("^arn:[a-z-]+:acm:${var.region}:[0-9]{12}:certificate/", var.certificate_arn))
    error_message = "certificate_arn is an ACM certificate of the composition's region: a load balancer takes no other."
  }
}

variable "cdn" {
  description = "CloudFront before a load balancer that is then internal: {}, or with the domain's certificate in us-east-1 where no zone_id is given. Null for none."
  type        = object({ certificate_arn = optional(string) })
  default     = null

  validation {
    condition     = var.cdn == null || var.certificate_arn != null || var.zone_id != null
    error_message = "CloudFront speaks TLS to the load balancer: it needs certificate_arn or zone_id."
  }

  validation {
    condition     = var.cdn == null ? true : var.cdn.certificate_arn != null || var.zone_id != null
    error_message = "CloudFront needs a certificate of its own: cdn.certificate_arn (us-east-1) or zone_id."
  }
}

variable "pipeline" {
  description = "GitHub repository (owner/name), branch and authorized connection that releases are made from; null for none."
  type        = object({ repository = string, branch = string, connection_arn = string })
  default     = null
}

variable "image_digest" {
  description = "Digest (sha256:...) of the pushed image; null before the first push. Later releases change it without Terraform."
  type        = string
  default     = null
}

variable "instance_type" {
  description = "Size of an app instance."
  type        = string
  default     = "t3.micro"
}

variable "instances" {
  description = "Fewest and most app instances."
  type        = object({ min = number, max = number })
  default     = { min = 2, max = 4 }
}

variable "nat" {
  description = "NAT gateways: one, or per-zone so that a zone's failure leaves the other zone its way out."
  type        = string
  default     = "one"

  validation {
    condition     = contains(["one", "per-zone"], var.nat)
    error_message = "nat is one or per-zone: instances fetch packages through it."
  }
}

variable "database" {
  description = "Size of the database, whether it has a standby in a second zone, and days of point-in-time recovery."
  type = object({
    instance_class = optional(string, "db.t4g.micro")
    multi_az       = optional(bool, true)
    backup_days    = optional(number, 7)
  })
  default = {}
}

variable "database_password_generation" {
  description = "Raise it by one for new passwords of the app's database users, then run `run-image users` on an instance, which sets them in the database; until then the ones before serve."
  type        = number
  default     = 1
}

variable "database_ca" {
  description = "Path, inside the image, of the certificates that RDS is verified with."
  type        = string
  default     = "/etc/ssl/certs/rds.pem"
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
    condition     = var.identity_provider == null || var.certificate_arn != null || var.zone_id != null
    error_message = "An identity provider sends people back by TLS: it needs certificate_arn or zone_id."
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
    condition     = var.mail == null || var.certificate_arn != null || var.zone_id != null
    error_message = "Links in mails are as good as a password: mail needs TLS, and so certificate_arn or zone_id."
  }
}

variable "email" {
  description = "Address for alarms; null for none."
  type        = string
  default     = null
}

variable "monthly_budget" {
  description = "US dollars a month after which a mail is sent; null for no budget."
  type        = number
  default     = 150
}

variable "scan_files" {
  description = "Whether GuardDuty scans new files of notes for malware, paid by the gigabyte, and what is found is given to nobody."
  type        = bool
  default     = false
}

variable "protected" {
  description = "Whether database, logs, images and backups refuse to be destroyed. Set it to false and apply before a tear-down."
  type        = bool
  default     = true
}

variable "region" {
  description = "AWS region."
  type        = string
  default     = "ap-south-1"
}

variable "name" {
  description = "First part of the names of everything."
  type        = string
  default     = "task-manager"
}

variable "domain" {
  description = "Host name people use; null answers to the load balancer's own name, over plain HTTP."
  type        = string
  default     = null
}

variable "certificate_arn" {
  description = "ACM certificate of the domain, in the region; null for plain HTTP, which is for trying out only."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null || var.domain != null
    error_message = "A certificate is for a domain: set domain too."
  }
}

variable "cdn" {
  description = "CloudFront before the load balancer: its certificate in us-east-1, and the name by which it reaches the load balancer (in the load balancer's certificate too). Null for none."
  type        = object({ certificate_arn = string, origin_domain = string })
  default     = null

  validation {
    condition     = var.cdn == null || var.certificate_arn != null
    error_message = "CloudFront speaks TLS to the load balancer: it needs certificate_arn."
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

variable "protected" {
  description = "Whether database, logs, images and backups refuse to be destroyed. Set it to false and apply before a tear-down."
  type        = bool
  default     = true
}

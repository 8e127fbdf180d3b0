variable "name" {
  description = "First part of the bucket's name; account and region follow, since bucket names are global."
  type        = string

  validation {
    # Of 63 characters the account takes 13 with its hyphen and the region up to 15.
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,33}[a-z0-9])?$", var.name))
    error_message = "A bucket's name is of small letters, digits and hyphens; its first part has 35 at most."
  }
}

variable "key_arn" {
  description = "KMS key for the objects; null for SSE-S3, the only kind a load balancer can write its logs with."
  type        = string
  default     = null
}

variable "expire_days" {
  description = "Days after which objects are deleted; 0 for never."
  type        = number
  default     = 0
}

variable "old_version_days" {
  description = "Days an overwritten or deleted object can still be rescued."
  type        = number
  default     = 90
}

variable "kept" {
  description = "Whether terraform destroy refuses to delete the bucket."
  type        = bool
  default     = false
}

variable "force_destroy" {
  description = "Whether a destroy may delete the objects too."
  type        = bool
  default     = false
}

variable "writer" {
  description = "AWS service that may add objects below a prefix, such as a load balancer's log delivery; null for none."
  type        = object({ service = string, prefix = string })
  default     = null
}

variable "withheld_tag" {
  description = "Objects with this tag are given to nobody; null for none."
  type        = object({ key = string, value = string })
  default     = null
}

variable "files" {
  description = "Directory whose files are put into the bucket, and the first part of their keys; null for none."
  type        = object({ directory = string, prefix = string })
  default     = null
}

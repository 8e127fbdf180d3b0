variable "name" {
  description = "First part of the bucket's name; account and region follow, since bucket names are global."
  type        = string
}

variable "key_arn" {
  description = "KMS key for the objects; null for SSE-S3, the only kind a load balancer can write its logs with."
  type        = string
  default     = null
}

variable "expire_days" {
  description = "Days after which objects are deleted; 0 keeps them for good."
  type        = number
  default     = 0
}

variable "old_version_days" {
  description = "Days an overwritten or deleted object can still be rescued."
  type        = number
  default     = 90
}

variable "force_destroy" {
  description = "Whether a destroy may delete the objects too."
  type        = bool
  default     = false
}

variable "writers" {
  description = "Principals besides this account that may add objects, such as a load balancer's log delivery: type (AWS or Service) and identifier."
  type        = list(object({ type = string, identifier = string }))
  default     = []
}

variable "files" {
  description = "Directory whose files are put into the bucket, and the first part of their keys; null for none."
  type        = object({ directory = string, prefix = string })
  default     = null
}

variable "cluster_name" {
  description = "Name of the ECS cluster."
  type        = string
}

variable "service_name" {
  description = "Name of the service; its roles, task families and alarms are named after it."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9-]{1,40}$", var.service_name)) # "-" and "-task" around a step's name make a role's name of it
    error_message = "The service's name has 40 letters, digits and hyphens at most."
  }
}

variable "image" {
  description = "Repository, the policy to pull from it and the digest (sha256:...) of the image; null before the first push."
  type        = object({ repository_url = string, pull_policy = string, digest = optional(string) })

  validation {
    condition     = var.image.digest == null ? true : can(regex("^sha256:[0-9a-f]{64}$", var.image.digest))
    error_message = "An image is named by its digest (sha256: and 64 hexadecimal digits): a tag could move."
  }
}

variable "released" {
  description = "Whether the first release was made. Until then the service may have zero tasks; from then on at least scaling.min."
  type        = bool
  default     = false
}

variable "environment" {
  description = "Settings of the app, none of them secret."
  type        = map(string)
  default     = {}

  validation {
    condition     = !anytrue([for name in keys(var.environment) : contains(["SECRET_KEY", "DATABASE_PASSWORD"], name)])
    error_message = "SECRET_KEY and DATABASE_PASSWORD are secrets: pass them in 'secrets'."
  }
}

variable "secrets" {
  description = "Secrets put into the environment when a task starts: variable => ARN."
  type        = map(string)
  default     = {}
}

variable "readable_secrets" {
  description = "Secrets the app reads by itself while it serves, such as its database password: the setting that names one => its ARN."
  type        = map(string)
  default     = {}
}

variable "table" {
  description = "The DynamoDB table the app may use, and its KMS key if it is a customer managed one; null for no table."
  type        = object({ arn = string, key_arn = optional(string) })
  default     = null
}

variable "files_policy" {
  description = "Policy (JSON) to keep files, for what serves and for commands; null where the app keeps none."
  type        = string
  default     = null
}

variable "key_arn" {
  description = "KMS key of the logs and secrets; null for the keys of the services."
  type        = string
  default     = null
}

variable "size" {
  description = "CPU units and MiB of memory of a task; Fargate sells certain pairs only."
  type        = object({ cpu = number, memory = number })
  default     = { cpu = 256, memory = 512 }

  validation {
    condition = contains(lookup({
      256   = [512, 1024, 2048]
      512   = range(1024, 4097, 1024)
      1024  = range(2048, 8193, 1024)
      2048  = range(4096, 16385, 1024)
      4096  = range(8192, 30721, 1024)
      8192  = range(16384, 61441, 4096)
      16384 = range(32768, 122881, 8192)
    }, var.size.cpu, []), var.size.memory)
    error_message = "Fargate has 256 CPU units with 512, 1024 or 2048 MiB; 512, 1024, 2048 and 4096 with two to eight times that and whole GiB; 8192 in steps of 4 GiB, 16384 of 8 GiB."
  }
}

variable "network" {
  description = "Subnets and security group of the tasks, and whether they get public addresses."
  type        = object({ subnet_ids = list(string), security_group_id = string, public_ip = optional(bool, false) })
}

variable "load_balancer" {
  description = "Target group the tasks join and its label for scaling on requests; null for tasks reached directly."
  type        = object({ target_group_arn = string, scaling_label = string })
  default     = null
}

variable "scaling" {
  description = "Least and greatest number of tasks, and the target load of a task: CPU percent, and requests a minute (`make bench BENCH=stack` prints how many a task of 0.25 vCPU can answer at that percentage)."
  type = object({
    min                 = number
    max                 = number
    cpu_percent         = optional(number, 60)
    requests_per_minute = optional(number, 2500)
  })
  default = { min = 2, max = 6 }

  validation {
    condition     = var.scaling.min >= 1 && var.scaling.max > var.scaling.min
    error_message = "Scaling needs room: at least one task, and a maximum above the minimum."
  }
}

variable "logs" {
  description = "Name of the log group and the days it keeps."
  type        = object({ group = string, days = number })
}

variable "steps" {
  description = "One-off tasks from the same image, such as the migration before new tasks serve: their command, and the secrets each may read (as above, instead of the app's)."
  type        = map(object({ command = list(string), readable_secrets = optional(map(string), {}) }))
  default     = {}

  validation {
    condition     = !contains(keys(var.steps), "serve") && !contains(keys(var.steps), "commands")
    error_message = "'serve' is the service itself, 'commands' is for make aws-flask: a step has another name."
  }
}

variable "exec" {
  description = "Whether ECS Exec may open a shell in a task, with the permission. It makes the task's root file system writable: reset it afterwards."
  type        = bool
  default     = false
}

variable "rollback_alarms" {
  description = "Names of the alarms that turn a deployment back."
  type        = list(string)
  default     = []
}

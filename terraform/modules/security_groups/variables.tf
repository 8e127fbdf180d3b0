variable "name" {
  description = "Prefix of the security groups' names."
  type        = string
}

variable "vpc_id" {
  description = "VPC the groups belong to."
  type        = string
}

variable "roles" {
  description = "The kinds of hosts, each of which gets a security group: role => description."
  type        = map(string)

  validation {
    condition     = alltrue([for text in values(var.roles) : can(regex("^[a-zA-Z0-9. _:/()#,@\\[\\]+=&;{}!$*-]{1,255}$", text))])
    error_message = "EC2 takes letters, digits, spaces and ._-:/()#,@[]+=&;{}!$* in a description, 255 at most."
  }
}

variable "ranges" {
  description = "Peers outside the VPC: name => IPv4 range."
  type        = map(string)
  default     = { world = "0.0.0.0/0" }
}

variable "prefix_lists" {
  description = "Peers given by a prefix list: name => id."
  type        = map(string)
  default     = {}
}

variable "rules" {
  description = "Allowed TCP connections and their ports. A row makes two rules: egress of 'from' and ingress of 'to'."
  type        = list(object({ from = string, to = string, port = number }))

  validation {
    condition = alltrue([
      for rule in var.rules : contains(keys(var.roles), rule.from) || contains(keys(var.roles), rule.to)
    ])
    error_message = "Each rule needs a role at one end at least."
  }

  validation {
    condition = alltrue([
      for name in flatten([for rule in var.rules : [rule.from, rule.to]]) :
      contains(concat(keys(var.roles), keys(var.ranges), keys(var.prefix_lists)), name)
    ])
    error_message = "Each end of a rule is a role, a range or a prefix list that was given."
  }

  validation {
    condition = alltrue([
      for rule in var.rules : !(
        contains([22, 3306], rule.port) && contains(keys(var.roles), rule.to) && lookup(var.ranges, rule.from, "") == "0.0.0.0/0"
      )
    ])
    error_message = "SSH and MySQL are never open to 0.0.0.0/0."
  }
}

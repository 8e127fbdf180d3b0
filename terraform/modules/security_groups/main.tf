# One table of rules becomes all security groups of a composition: what is not in the table is refused.

locals {
  rules = { for rule in var.rules : "${rule.from} to ${rule.to} ${rule.port}" => rule }

  inward  = { for name, rule in local.rules : name => rule if contains(keys(var.roles), rule.to) }
  outward = { for name, rule in local.rules : name => rule if contains(keys(var.roles), rule.from) }
}

resource "aws_security_group" "role" {
  for_each = var.roles

  # A description cannot be changed, so a group must be able to stand beside the one that replaces it.
  name_prefix = "${var.name}-${each.key}-"
  description = each.value
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-${each.key}" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "main" {
  for_each = local.inward

  security_group_id            = aws_security_group.role[each.value.to].id
  description                  = each.key
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  cidr_ipv4                    = lookup(var.ranges, each.value.from, null)
  prefix_list_id               = lookup(var.prefix_lists, each.value.from, null)
  referenced_security_group_id = try(aws_security_group.role[each.value.from].id, null)

  tags = { Name = each.key }
}

resource "aws_vpc_security_group_egress_rule" "main" {
  for_each = local.outward

  security_group_id            = aws_security_group.role[each.value.from].id
  description                  = each.key
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  cidr_ipv4                    = lookup(var.ranges, each.value.to, null)
  prefix_list_id               = lookup(var.prefix_lists, each.value.to, null)
  referenced_security_group_id = try(aws_security_group.role[each.value.to].id, null)

  tags = { Name = each.key }
}

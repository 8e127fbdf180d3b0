output "ids" {
  description = "Ids of the security groups, by role; depends on their rules, which a host needs when it starts."
  value       = { for role, group in aws_security_group.role : role => group.id }

  depends_on = [aws_vpc_security_group_ingress_rule.main, aws_vpc_security_group_egress_rule.main]
}

output "ids" {
  description = "Ids of the security groups, by role."
  value       = { for role, group in aws_security_group.role : role => group.id }
}

output "group_name" {
  description = "Name of the auto scaling group."
  value       = aws_autoscaling_group.main.name
}

output "group_arn" {
  description = "ARN of the auto scaling group."
  value       = aws_autoscaling_group.main.arn
}

output "public_ip" {
  description = "The fixed public address, or null."
  value       = one(aws_eip.main[*].public_ip)
}

output "role_name" {
  description = "Name of the instances' role."
  value       = aws_iam_role.main.name
}

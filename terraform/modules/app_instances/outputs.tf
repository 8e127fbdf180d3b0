output "group_name" {
  description = "Name of the auto scaling group."
  value       = module.host.group_name
}

output "group_arn" {
  description = "ARN of the auto scaling group."
  value       = module.host.group_arn
}

output "digest_parameter" {
  description = "Name and ARN of the parameter with the digest of the image in service."
  value       = { name = aws_ssm_parameter.digest.name, arn = aws_ssm_parameter.digest.arn }
}

output "role_name" {
  description = "Name of the instances' role."
  value       = module.host.role_name
}

output "log_group" {
  description = "Name of the log group."
  value       = aws_cloudwatch_log_group.app.name
}

output "role_arn" {
  description = "ARN of the role, for the workflow's configuration."
  value       = aws_iam_role.deploy.arn
}

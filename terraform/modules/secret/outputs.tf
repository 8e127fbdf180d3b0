output "arn" {
  description = "ARN of the secret; depends on its value."
  value       = aws_secretsmanager_secret_version.main.arn
}

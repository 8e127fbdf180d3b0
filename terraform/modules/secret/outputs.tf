output "arn" {
  description = "ARN of the secret, known only once it has a value."
  value       = aws_secretsmanager_secret_version.main.arn
}

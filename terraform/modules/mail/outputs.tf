output "secret_arn" {
  description = "ARN of the secret with MAIL_URL."
  value       = aws_secretsmanager_secret.url.arn
}

output "records" {
  description = "DNS records that the domain of the mails needs; already made if the given zone holds it."
  value       = local.records
}

output "user_name" {
  description = "User whose access key signs in to SES's SMTP server; null without SES."
  value       = one(aws_iam_user.smtp[*].name)
}

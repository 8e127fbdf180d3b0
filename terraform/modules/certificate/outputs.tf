output "arn" {
  description = "ARN of the certificate, after it was issued."
  value       = aws_acm_certificate_validation.main.certificate_arn
}

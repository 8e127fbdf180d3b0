output "health_checks" {
  description = "The hosts' health checks: name => id."
  value       = { for name, check in aws_route53_health_check.host : name => check.id }
}

output "health_checks" {
  description = "The hosts that are asked for their health: name => id."
  value       = { for name, check in aws_route53_health_check.host : name => check.id }
}

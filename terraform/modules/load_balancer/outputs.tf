output "arn_suffix" {
  description = "The load balancer's name in CloudWatch."
  value       = aws_lb.main.arn_suffix
}

output "arn" {
  description = "ARN of the load balancer."
  value       = aws_lb.main.arn
}

output "dns_name" {
  description = "Host name of the load balancer."
  value       = aws_lb.main.dns_name
}

output "zone_id" {
  description = "Hosted zone of the load balancer, for alias records."
  value       = aws_lb.main.zone_id
}

output "target_group_arn" {
  description = "ARN of the target group; depends on its listener, because a service cannot join it earlier."
  value       = aws_lb_target_group.main.arn

  depends_on = [aws_lb_listener.plain, aws_lb_listener.tls]
}

output "target_group_arn_suffix" {
  description = "The target group's name in CloudWatch."
  value       = aws_lb_target_group.main.arn_suffix
}

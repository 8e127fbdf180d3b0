output "cluster_name" {
  description = "Name of the cluster."
  value       = aws_ecs_cluster.main.name
}

output "cluster_arn" {
  description = "ARN of the cluster."
  value       = aws_ecs_cluster.main.arn
}

output "service_name" {
  description = "Name of the service."
  value       = aws_ecs_service.app.name
}

output "service_arn" {
  description = "ARN of the service."
  value       = aws_ecs_service.app.id
}

output "task_families" {
  description = "Families of the task definitions: serve, commands and each step."
  value       = { for step, definition in aws_ecs_task_definition.app : step => definition.family }
}

output "role_arns" {
  description = "ARNs of the execution role and of each task's role, for roles that register task definitions."
  value       = merge({ execution = aws_iam_role.execution.arn }, { for name, role in aws_iam_role.task : name => role.arn })
}

output "log_group" {
  description = "Name of the log group."
  value       = aws_cloudwatch_log_group.app.name
}

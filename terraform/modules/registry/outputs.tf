output "url" {
  description = "Address to push to and to pull from."
  value       = aws_ecr_repository.main.repository_url
}

output "arn" {
  description = "ARN of the repository."
  value       = aws_ecr_repository.main.arn
}

output "name" {
  description = "Name of the repository."
  value       = aws_ecr_repository.main.name
}

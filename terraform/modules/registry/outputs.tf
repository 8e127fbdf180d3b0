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

output "pull_policy" {
  description = "Policy (JSON) to pull images."
  value       = data.aws_iam_policy_document.pull.json
}

output "push_policy" {
  description = "Policy (JSON) to pull and push images and read scan findings."
  value       = data.aws_iam_policy_document.push.json
}

output "name" {
  description = "Name of the bucket, known only once its policy stands."
  value       = aws_s3_bucket_policy.main.bucket
}

output "arn" {
  description = "ARN of the bucket."
  value       = aws_s3_bucket.main.arn
}

output "name" {
  description = "Name of the bucket, known only once its policy stands."
  value       = aws_s3_bucket_policy.main.bucket
}

output "arn" {
  description = "ARN of the bucket."
  value       = local.bucket.arn
}

output "revision" {
  description = "Changes with any of the files, and is known only once they are there."
  value       = sha1(jsonencode({ for key, file in aws_s3_object.file : key => file.source_hash }))
}

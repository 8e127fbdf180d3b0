output "name" {
  description = "Name of the bucket; depends on its policy."
  value       = aws_s3_bucket_policy.main.bucket
}

output "arn" {
  description = "ARN of the bucket."
  value       = local.bucket.arn
}

output "revision" {
  description = "A hash of the files; depends on their upload."
  value       = sha1(jsonencode({ for key, file in aws_s3_object.file : key => file.source_hash }))
}

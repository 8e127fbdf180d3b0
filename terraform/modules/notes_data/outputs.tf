output "host" {
  description = "Host name of the database; it follows the primary through a failover."
  value       = module.mysql.host
}

output "url" {
  description = "DATABASE_URL for the app, without user and password."
  value       = module.mysql.url
}

output "reader_url" {
  description = "DATABASE_READER_URL for the app, or null where there is no copy that can be read."
  value       = module.mysql.reader_url
}

output "dimensions" {
  description = "The database's name in CloudWatch."
  value       = module.mysql.dimensions
}

output "secret_key_arn" {
  description = "Secret with Flask's SECRET_KEY."
  value       = module.secret_key.arn
}

output "user_secret_arns" {
  description = "Secrets with name and password of the database's users: app, migrate and master."
  value = {
    app     = module.database_secret["app"].arn
    migrate = module.database_secret["migrate"].arn
    master  = module.mysql.secret_arn
  }
}

output "files_settings" {
  description = "Settings of the app that name the bucket of files."
  value       = { FILES_BUCKET = module.files.name, FILES_PREFIX = local.files_prefix }
}

output "files_policy" {
  description = "Policy (JSON) to keep files in the bucket."
  value       = data.aws_iam_policy_document.files.json
}

output "malware_scan" {
  description = "The scan's name in CloudWatch, or null where files are not scanned."
  value       = one(module.malware_scan[*].dimensions)
}

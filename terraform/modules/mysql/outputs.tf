output "identifier" {
  description = "Identifier of the instance or cluster."
  value       = var.name
}

output "arn" {
  description = "ARN of the instance or cluster."
  value       = local.cluster ? aws_rds_cluster.main[0].arn : aws_db_instance.main[0].arn
}

output "host" {
  description = "Host name of the database, a cluster's writer endpoint; it follows the primary through a failover."
  value       = local.host
}

output "url" {
  description = "DATABASE_URL for the app, without user and password: those are in a secret."
  value       = "mysql+pymysql://${local.host}:3306/${var.database}"
}

output "reader_url" {
  description = "DATABASE_READER_URL for the app: a cluster's reader endpoint; null for an instance, whose standby cannot be read."
  value       = local.cluster ? "mysql+pymysql://${aws_rds_cluster.main[0].reader_endpoint}:3306/${var.database}" : null
}

output "dimensions" {
  description = "The database's name in CloudWatch."
  value       = local.cluster ? { DBClusterIdentifier = var.name } : { DBInstanceIdentifier = var.name }
}

output "secret_arn" {
  description = "Secret with the master user's name and present password."
  value       = (local.cluster ? aws_rds_cluster.main[0].master_user_secret : aws_db_instance.main[0].master_user_secret)[0].secret_arn
}

output "identifier" {
  description = "Identifier of the instance."
  value       = aws_db_instance.main.identifier
}

output "arn" {
  description = "ARN of the instance."
  value       = aws_db_instance.main.arn
}

output "host" {
  description = "Host name of the database; it follows the primary through a failover."
  value       = aws_db_instance.main.address
}

output "url" {
  description = "DATABASE_URL for the app, without user and password: those are in a secret."
  value       = "mysql+pymysql://${aws_db_instance.main.address}:3306/${var.database}"
}

output "secret_arn" {
  description = "Secret with the master user's name and present password."
  value       = aws_db_instance.main.master_user_secret[0].secret_arn
}

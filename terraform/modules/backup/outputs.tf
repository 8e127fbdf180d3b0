output "vault_name" {
  description = "Name of the vault."
  value       = aws_backup_vault.main.name
}

output "role_arn" {
  description = "Role a restore runs with."
  value       = aws_iam_role.backup.arn
}

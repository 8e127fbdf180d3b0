# A random secret made by Terraform as a write-only value, which is in no state and no plan.

locals {
  password = ephemeral.aws_secretsmanager_random_password.value.random_password
}

ephemeral "aws_secretsmanager_random_password" "value" {
  password_length     = 64
  exclude_punctuation = true
}

resource "aws_secretsmanager_secret" "main" {
  name                    = var.name
  description             = var.description
  kms_key_id              = var.key_arn
  recovery_window_in_days = var.recovery_days
}

resource "aws_secretsmanager_secret_version" "main" {
  secret_id                = aws_secretsmanager_secret.main.id
  secret_string_wo         = var.username == null ? local.password : jsonencode({ username = var.username, password = local.password })
  secret_string_wo_version = var.generation
}

# Daily copies in an AWS Backup vault; unlike automated backups they are kept after the database is deleted.

data "aws_partition" "current" {}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["backup.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "backup" {
  name               = "${var.name}-backup"
  description        = "AWS Backup copies and restores with it"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy_attachment" "backup" {
  for_each = toset(["ForBackup", "ForRestores"])

  role       = aws_iam_role.backup.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AWSBackupServiceRolePolicy${each.key}"
}

resource "aws_backup_vault" "main" {
  name          = var.name
  kms_key_arn   = var.key_arn
  force_destroy = !var.protected
}

resource "aws_backup_plan" "daily" {
  name = "${var.name}-daily"

  rule {
    rule_name         = "daily"
    target_vault_name = aws_backup_vault.main.name
    # RDS takes no copy during its own backup and its maintenance, nor an hour before (module mysql: 02:00 to 04:30 UTC).
    schedule = "cron(0 6 * * ? *)"

    lifecycle {
      delete_after = var.keep_days
    }
  }
}

resource "aws_backup_selection" "data" {
  name         = var.name
  plan_id      = aws_backup_plan.daily.id
  iam_role_arn = aws_iam_role.backup.arn
  resources    = var.resource_arns
}

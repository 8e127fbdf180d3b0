# Data of the notes app: MySQL and its copies, the bucket of files, the passwords of the database's users, and SECRET_KEY.

data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  files_prefix = "files/"
}

module "secret_key" {
  source = "../secret"

  name          = "${var.name}/secret-key"
  description   = "Flask's SECRET_KEY of ${var.name}"
  key_arn       = var.key_arn
  recovery_days = var.protected ? 7 : 0
}

# The database's users besides the master. The step `users` makes them with these passwords, or changes theirs.
module "database_secret" {
  source   = "../secret"
  for_each = toset(["app", "migrate"])

  name          = "${var.name}/database-${each.key}"
  description   = "Name and password of the database user ${each.key} of ${var.name}"
  username      = each.key
  generation    = var.password_generation
  key_arn       = var.key_arn
  recovery_days = var.protected ? 7 : 0
}

module "mysql" {
  source = "../mysql"

  name              = var.name
  database          = "notes"
  kind              = var.database.kind
  instance_class    = var.database.instance_class
  multi_az          = var.database.multi_az
  backup_days       = var.database.backup_days
  subnet_ids        = var.network.subnet_ids
  security_group_id = var.network.security_group_id
  key_arn           = var.key_arn
  data_key_arn      = var.data_key_arn
  protected         = var.protected
}

module "backup" {
  source = "../backup"

  name          = var.name
  resource_arns = [module.mysql.arn]
  key_arn       = var.data_key_arn
  protected     = var.protected
}

# Without force_destroy, whatever `protected` says: a destroy stops at a bucket that holds a file, or a version of one.
module "files" {
  source = "../bucket"

  name    = "${var.name}-content"
  key_arn = var.data_key_arn
  # Longer than a copy of the database is kept: what a restored one mentions is there, or is brought back.
  old_version_days = 90
  withheld_tag     = var.scan_files ? { key = "GuardDutyMalwareScanStatus", value = "THREATS_FOUND" } : null
}

module "malware_scan" {
  source = "../malware_scan"
  count  = var.scan_files ? 1 : 0

  name    = var.name
  bucket  = { name = module.files.name, arn = module.files.arn }
  prefix  = local.files_prefix
  key_arn = var.data_key_arn
}

# What the app does with its files (app/files/s3.py): the roles that do so are made elsewhere. It deletes no old version.
data "aws_iam_policy_document" "files" {
  statement {
    sid       = "UseContent"
    actions   = concat(["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], var.scan_files ? ["s3:GetObjectTagging"] : [])
    resources = ["${module.files.arn}/${local.files_prefix}*"]
  }

  # Who may not list is told that a missing object is forbidden. A condition on the prefix would refuse the same, since
  # a request for an object has none.
  statement {
    sid       = "ListContent"
    actions   = ["s3:ListBucket"]
    resources = [module.files.arn]
  }

  # S3 asks for the bucket's key in the caller's name.
  statement {
    sid       = "UseContentsKey"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.data_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${data.aws_region.current.name}.${data.aws_partition.current.dns_suffix}"]
    }
  }
}

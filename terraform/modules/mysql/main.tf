# MySQL on RDS: encrypted, TLS only, recoverable, the master's password is made and kept by Secrets Manager.

data "aws_partition" "current" {}

locals {
  cluster = var.kind == "cluster"
  host    = local.cluster ? aws_rds_cluster.main[0].endpoint : aws_db_instance.main[0].address

  # In UTC. AWS Backup keeps clear of both (module backup).
  backup_window      = "02:00-03:00"
  maintenance_window = "sun:03:30-sun:04:30"

  logs = toset(["error", "slowquery"])

  parameters = {
    require_secure_transport = "1"
    character_set_server     = "utf8mb4"
    collation_server         = "utf8mb4_unicode_520_ci"
    slow_query_log           = "1"
    long_query_time          = "0.5"
    log_output               = "FILE"
  }
}

resource "aws_db_subnet_group" "main" {
  name        = var.name
  description = "Private subnets of ${var.name}"
  subnet_ids  = var.subnet_ids
}

resource "aws_db_parameter_group" "main" {
  count = local.cluster ? 0 : 1

  name_prefix = "${var.name}-"
  family      = "mysql${join(".", slice(split(".", var.engine_version), 0, 2))}"
  description = "TLS only, utf8mb4, slow queries logged"

  dynamic "parameter" {
    for_each = local.parameters

    content {
      name  = parameter.key
      value = parameter.value
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_rds_cluster_parameter_group" "main" {
  count = local.cluster ? 1 : 0

  name_prefix = "${var.name}-"
  family      = "mysql${join(".", slice(split(".", var.engine_version), 0, 2))}"
  description = "TLS only, utf8mb4, slow queries logged"

  dynamic "parameter" {
    for_each = local.parameters

    content {
      name  = parameter.key
      value = parameter.value
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

# Made here, or RDS would make them and keep the logs for ever.
resource "aws_cloudwatch_log_group" "database" {
  for_each = local.logs

  name              = "/aws/rds/${var.kind}/${var.name}/${each.key}"
  retention_in_days = var.log_days
  kms_key_id        = var.key_arn
}

data "aws_iam_policy_document" "monitoring_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["monitoring.rds.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "monitoring" {
  name               = "${var.name}-monitoring"
  description        = "RDS writes the operating system's figures with it"
  assume_role_policy = data.aws_iam_policy_document.monitoring_trust.json
}

resource "aws_iam_role_policy_attachment" "monitoring" {
  role       = aws_iam_role.monitoring.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}

resource "aws_db_instance" "main" {
  count = local.cluster ? 0 : 1

  identifier     = var.name
  engine         = "mysql"
  engine_version = var.engine_version
  instance_class = var.instance_class
  db_name        = var.database
  port           = 3306

  username                      = var.user
  manage_master_user_password   = true
  master_user_secret_kms_key_id = var.key_arn

  storage_type          = "gp3"
  allocated_storage     = var.storage_gb.initial
  max_allocated_storage = var.storage_gb.limit
  storage_encrypted     = true
  kms_key_id            = var.data_key_arn

  multi_az               = var.multi_az
  db_subnet_group_name   = aws_db_subnet_group.main.name
  vpc_security_group_ids = [var.security_group_id]
  publicly_accessible    = false
  parameter_group_name   = aws_db_parameter_group.main[0].name

  backup_retention_period   = var.backup_days
  backup_window             = local.backup_window
  maintenance_window        = local.maintenance_window
  copy_tags_to_snapshot     = true
  delete_automated_backups  = false
  deletion_protection       = var.protected
  skip_final_snapshot       = false
  final_snapshot_identifier = "${var.name}-final"

  auto_minor_version_upgrade      = true
  enabled_cloudwatch_logs_exports = local.logs
  monitoring_interval             = 60
  monitoring_role_arn             = aws_iam_role.monitoring.arn

  depends_on = [aws_cloudwatch_log_group.database, aws_iam_role_policy_attachment.monitoring]
}

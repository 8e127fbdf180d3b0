# A Multi-AZ DB cluster: a writer and two standbys that can be read, each in a zone of its own. The writer endpoint follows
# the writer, the reader endpoint leads to the other two; a commit is acknowledged when one of them has it.

resource "aws_rds_cluster" "main" {
  count = local.cluster ? 1 : 0

  cluster_identifier        = var.name
  engine                    = "mysql"
  engine_version            = var.engine_version
  db_cluster_instance_class = var.instance_class
  database_name             = var.database
  port                      = 3306

  master_username               = var.user
  manage_master_user_password   = true
  master_user_secret_kms_key_id = var.key_arn

  # A cluster has to be told what its disks have at no further charge: RDS takes four together from 400 GiB on.
  storage_type      = "gp3"
  iops              = var.storage_gb.initial < 400 ? 3000 : 12000
  allocated_storage = var.storage_gb.initial
  storage_encrypted = true
  kms_key_id        = var.data_key_arn

  db_subnet_group_name            = aws_db_subnet_group.main.name
  vpc_security_group_ids          = [var.security_group_id]
  db_cluster_parameter_group_name = aws_rds_cluster_parameter_group.main[0].name

  backup_retention_period      = var.backup_days
  preferred_backup_window      = local.backup_window
  preferred_maintenance_window = local.maintenance_window
  copy_tags_to_snapshot        = true
  delete_automated_backups     = false
  deletion_protection          = var.protected
  skip_final_snapshot          = false
  final_snapshot_identifier    = "${var.name}-final"

  enabled_cloudwatch_logs_exports = local.logs
  monitoring_interval             = 60
  monitoring_role_arn             = aws_iam_role.monitoring.arn

  depends_on = [aws_cloudwatch_log_group.database, aws_iam_role_policy_attachment.monitoring]
}

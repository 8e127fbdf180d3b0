# App instances without SSH: nginx in front of the image from the registry, run as a systemd service.

data "aws_partition" "current" {}
data "aws_region" "current" {}

module "files" {
  source = "../bucket"

  name          = "${var.name}-files"
  key_arn       = var.key_arn
  force_destroy = !var.protected
  files         = { directory = var.source_directory, prefix = "nginx" }
}

# Which image is in service. A release writes it and refreshes the instances; each new instance reads it.
resource "aws_ssm_parameter" "digest" {
  name        = "/${var.name}/image-digest"
  description = "Digest of the image in service"
  type        = "String"
  value       = coalesce(var.image.digest, "none")

  lifecycle {
    ignore_changes = [value]
  }
}

resource "aws_cloudwatch_log_group" "app" {
  name              = "/${var.name}/app"
  retention_in_days = var.log_days
  kms_key_id        = var.key_arn
}

data "aws_iam_policy_document" "work" {
  source_policy_documents = [var.image.pull_policy, var.files_policy]

  statement {
    sid       = "ReadConfiguration"
    actions   = ["s3:GetObject"]
    resources = ["${module.files.arn}/nginx/*"]
  }

  statement {
    sid       = "ListFiles"
    actions   = ["s3:ListBucket"]
    resources = [module.files.arn]
  }

  statement {
    sid       = "ReadWhichImage"
    actions   = ["ssm:GetParameter"]
    resources = [aws_ssm_parameter.digest.arn]
  }

  statement {
    sid     = "ReadSecrets"
    actions = ["secretsmanager:GetSecretValue"]
    # One role for an instance: what runs there by hand (run-image) may read more than the app needs.
    resources = concat(values(var.secrets), values(var.database_secrets))
  }

  statement {
    sid       = "Decrypt"
    actions   = ["kms:Decrypt"]
    resources = [var.key_arn]
  }

  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
    resources = ["${aws_cloudwatch_log_group.app.arn}:*"]
  }
}

module "host" {
  source = "../host"

  name              = var.name
  instances         = var.instances.min
  most_instances    = var.instances.max
  instance_type     = var.instance_type
  subnet_ids        = var.network.subnet_ids
  security_group_id = var.network.security_group_id
  target_group_arns = [var.target_group_arn]
  policies          = { work = data.aws_iam_policy_document.work.json }

  # Before the first release there is nothing to wait for, and an operator must make the database's users on an instance.
  ready = <<-READY
    curl --silent --output /dev/null --max-time 5 --header 'Host: ${var.server_name}' http://127.0.0.1/ || return
    [ "$(aws ssm get-parameter --name '${aws_ssm_parameter.digest.name}' --query Parameter.Value --output text)" = none ] ||
      curl --silent --fail --output /dev/null --max-time 5 http://127.0.0.1:5000/health
  READY

  setup = templatefile("${path.module}/setup.sh.tftpl", {
    name        = var.name
    region      = data.aws_region.current.name
    dns_suffix  = data.aws_partition.current.dns_suffix
    bucket      = module.files.name
    revision    = module.files.revision
    server_name = var.server_name
    trusted     = var.network.balancer_ranges
    scheme      = lookup(var.environment, "PLAIN_HTTP", "0") == "1" ? "any" : "https"
    registry    = split("/", var.image.repository_url)[0]
    repository  = var.image.repository_url
    parameter   = aws_ssm_parameter.digest.name
    secrets     = var.secrets
    users       = var.database_secrets
    log_group   = aws_cloudwatch_log_group.app.name
    environment = var.environment
  })
}

# The public entry: nginx on one host that is replaced when it fails, or on one in each of two zones; configuration and certificates
# live in a bucket that they share.

data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  # The first keeps its name and address when the second comes.
  hosts = merge(
    { first = { name = var.name, subnet_ids = var.front == "one" ? var.subnet_ids : [var.subnet_ids[0]] } },
    var.front == "two" ? { second = { name = "${var.name}-2", subnet_ids = [var.subnet_ids[1]] } } : {},
  )
}

module "files" {
  source = "../bucket"

  name          = "${lower(var.name)}-files"
  key_arn       = var.key_arn
  force_destroy = !var.protected
  files         = { directory = var.source_directory, prefix = "nginx" }
}

resource "aws_cloudwatch_log_group" "nginx" {
  name              = "/${var.name}/nginx"
  retention_in_days = var.log_days
  kms_key_id        = var.key_arn
}

data "aws_iam_policy_document" "work" {
  statement {
    sid       = "ReadConfiguration"
    actions   = ["s3:GetObject"]
    resources = ["${module.files.arn}/nginx/*"]
  }

  statement {
    sid       = "KeepCertificates"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${module.files.arn}/letsencrypt.tar.gz"]
  }

  statement {
    sid       = "OrderOneAtATime"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
    resources = ["${module.files.arn}/order.lock"]
  }

  statement {
    sid       = "ListFiles"
    actions   = ["s3:ListBucket"]
    resources = [module.files.arn]
  }

  statement {
    sid       = "UseTheKey"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.key_arn]
  }

  statement {
    sid       = "ReportHealth"
    actions   = ["cloudwatch:PutMetricData"]
    resources = ["*"] # The action knows no narrower resource; the condition does.

    condition {
      test     = "StringEquals"
      variable = "cloudwatch:namespace"
      values   = values(local.hosts)[*].name
    }
  }

  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
    resources = ["${aws_cloudwatch_log_group.nginx.arn}:*"]
  }
}

module "host" {
  source   = "../host"
  for_each = local.hosts

  name              = each.value.name
  instance_type     = var.instance_type
  subnet_ids        = each.value.subnet_ids
  security_group_id = var.security_group_id
  elastic_ip        = true
  policies          = { work = data.aws_iam_policy_document.work.json }

  # nginx itself: what is behind it may be released later.
  ready = "curl --silent --output /dev/null --max-time 5 --resolve '${var.server_name}:80:127.0.0.1' 'http://${var.server_name}/'"

  setup = templatefile("${path.module}/setup.sh.tftpl", {
    name        = each.value.name
    front       = var.front
    region      = data.aws_region.current.name
    dns_suffix  = data.aws_partition.current.dns_suffix
    bucket      = module.files.name
    revision    = module.files.revision
    server_name = var.server_name
    email       = var.email
    upstream    = var.upstream
    log_group   = aws_cloudwatch_log_group.nginx.name
    visits      = each.key == "first" # One visitor is enough.
  })
}

moved {
  from = module.host
  to   = module.host["first"]
}

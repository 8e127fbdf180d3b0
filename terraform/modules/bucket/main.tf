# A private, versioned, encrypted bucket that accepts TLS only, and optionally files in it.

data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

locals {
  name = "${var.name}-${data.aws_caller_identity.current.account_id}-${data.aws_region.current.name}"

  bucket = one(concat(aws_s3_bucket.main, aws_s3_bucket.kept))

  files = var.files == null ? {} : {
    for file in fileset(var.files.directory, "**") : "${var.files.prefix}/${file}" => "${var.files.directory}/${file}"
  }
}

data "aws_iam_policy_document" "main" {
  statement {
    sid       = "RefusePlainHttp"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.bucket.arn, "${local.bucket.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  dynamic "statement" {
    for_each = var.withheld_tag[*]

    content {
      sid       = "WithholdTaggedObjects"
      effect    = "Deny"
      actions   = ["s3:GetObject", "s3:GetObjectVersion"]
      resources = ["${local.bucket.arn}/*"]

      principals {
        type        = "*"
        identifiers = ["*"]
      }

      condition {
        test     = "StringEquals"
        variable = "s3:ExistingObjectTag/${statement.value.key}"
        values   = [statement.value.value]
      }
    }
  }

  dynamic "statement" {
    for_each = var.writer[*]

    content {
      sid       = "AddObjects"
      actions   = ["s3:PutObject"]
      resources = ["${local.bucket.arn}/${statement.value.prefix}/*"]

      principals {
        type        = "Service"
        identifiers = [statement.value.service]
      }
    }
  }
}

resource "aws_s3_bucket" "main" {
  count = var.kept ? 0 : 1

  bucket        = local.name
  force_destroy = var.force_destroy
}

# Another one, because prevent_destroy takes no variable.
resource "aws_s3_bucket" "kept" {
  count = var.kept ? 1 : 0

  bucket = local.name

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_public_access_block" "main" {
  bucket = local.bucket.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "main" {
  bucket = local.bucket.id

  rule {
    bucket_key_enabled = var.key_arn != null

    apply_server_side_encryption_by_default {
      sse_algorithm     = var.key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.key_arn
    }
  }
}

resource "aws_s3_bucket_versioning" "main" {
  bucket = local.bucket.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "main" {
  bucket = local.bucket.id

  rule {
    id     = "old-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = var.old_version_days
    }

    # What marks a deletion goes with the last version that it hides.
    expiration {
      expired_object_delete_marker = true
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  dynamic "rule" {
    for_each = var.expire_days > 0 ? [var.expire_days] : []

    content {
      id     = "expire"
      status = "Enabled"

      filter {}

      expiration {
        days = rule.value
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.main]
}

resource "aws_s3_bucket_policy" "main" {
  bucket = local.bucket.id
  policy = data.aws_iam_policy_document.main.json

  depends_on = [aws_s3_bucket_public_access_block.main]
}

resource "aws_s3_object" "file" {
  for_each = local.files

  bucket      = aws_s3_bucket_policy.main.bucket
  key         = each.key
  source      = each.value
  source_hash = filesha1(each.value)
}

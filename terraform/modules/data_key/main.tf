# The KMS key of databases, tables, their copies and files. It is kept after the composition is destroyed: snapshots and files cannot be read without it.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

data "aws_iam_policy_document" "use" {
  # Permits what IAM policies permit; RDS, DynamoDB and Backup use the key by grants of the role that makes the database.
  statement {
    sid       = "Account"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"]
    }
  }
}

resource "aws_kms_key" "main" {
  description             = "Databases and files of ${var.name} and their copies"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.use.json

  lifecycle {
    # `terraform destroy` stops here until the key was taken out of the state; it then stays (docs/deployment.md).
    prevent_destroy = true
  }
}

# Not named by an alias: that would be in the way of the next composition of this name.

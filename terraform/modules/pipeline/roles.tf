# One role a step: what builds cannot release, what releases cannot push.

data "aws_iam_policy_document" "trust" {
  for_each = toset(["codebuild", "codepipeline"])

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["${each.key}.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

data "aws_iam_policy_document" "common" {
  for_each = local.steps

  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.step[each.key].arn}:*"]
  }

  statement {
    sid       = "ExchangeArtifacts"
    actions   = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"]
    resources = ["${module.artifacts.arn}/*"]
  }

  statement {
    sid       = "UseTheKey"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.key_arn]
  }
}

data "aws_iam_policy_document" "step" {
  for_each = local.steps

  source_policy_documents = [
    data.aws_iam_policy_document.common[each.key].json,
    { build = var.image_repository.push_policy, release = data.aws_iam_policy_document.release.json }[each.key],
  ]
}

data "aws_iam_policy_document" "release" {
  statement {
    sid       = "SayWhichImage"
    actions   = ["ssm:GetParameter", "ssm:PutParameter"]
    resources = [var.digest_parameter.arn]
  }

  statement {
    sid       = "Migrate"
    actions   = ["ssm:SendCommand"]
    resources = ["${local.arn}:ssm:${data.aws_region.current.name}::document/AWS-RunShellScript"]
  }

  statement {
    sid       = "MigrateOnOwnInstances"
    actions   = ["ssm:SendCommand"]
    resources = ["${local.arn}:ec2:${local.own}:instance/*"]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/Name"
      values   = [var.instances.name]
    }
  }

  statement {
    sid       = "Refresh"
    actions   = ["autoscaling:CancelInstanceRefresh", "autoscaling:StartInstanceRefresh"]
    resources = [var.instances.arn]
  }

  statement {
    sid = "Watch"
    actions = [
      "autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeInstanceRefreshes",
      "elasticloadbalancing:DescribeTargetHealth", "ssm:GetCommandInvocation",
    ]
    resources = ["*"] # None of them knows a narrower resource.
  }
}

data "aws_iam_policy_document" "pipeline" {
  statement {
    sid       = "ReadTheSource"
    actions   = ["codeconnections:UseConnection", "codestar-connections:UseConnection"]
    resources = [for service in ["codeconnections", "codestar-connections"] : replace(var.source_code.connection_arn, "/:(codeconnections|codestar-connections):/", ":${service}:")]
  }

  statement {
    sid       = "RunTheSteps"
    actions   = ["codebuild:BatchGetBuilds", "codebuild:StartBuild"]
    resources = values(aws_codebuild_project.step)[*].arn
  }

  statement {
    sid       = "ExchangeArtifacts"
    actions   = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"]
    resources = ["${module.artifacts.arn}/*"]
  }

  statement {
    sid       = "UseTheKey"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.key_arn]
  }
}

resource "aws_iam_role" "step" {
  for_each = local.steps

  name               = "${var.name}-${each.key}"
  description        = "CodeBuild runs the step ${each.key} with it"
  assume_role_policy = data.aws_iam_policy_document.trust["codebuild"].json
}

resource "aws_iam_role_policy" "step" {
  for_each = local.steps

  name   = each.key
  role   = aws_iam_role.step[each.key].name
  policy = data.aws_iam_policy_document.step[each.key].json
}

resource "aws_iam_role" "pipeline" {
  name               = "${var.name}-pipeline"
  description        = "CodePipeline moves a commit from step to step with it"
  assume_role_policy = data.aws_iam_policy_document.trust["codepipeline"].json
}

resource "aws_iam_role_policy" "pipeline" {
  name   = "run"
  role   = aws_iam_role.pipeline.name
  policy = data.aws_iam_policy_document.pipeline.json
}

# The role of a GitHub workflow, assumed by its OIDC token, so that no access key is stored.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  issuer       = "token.actions.githubusercontent.com"
  provider_arn = coalesce(var.provider_arn, one(aws_iam_openid_connect_provider.github[*].arn))
  ecs          = "arn:${data.aws_partition.current.partition}:ecs:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}"
}

resource "aws_iam_openid_connect_provider" "github" {
  count = var.provider_arn == null ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [local.provider_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:sub"
      values   = ["repo:${var.github_repository}:environment:${var.github_environment}"]
    }
  }
}

data "aws_iam_policy_document" "deploy" {
  source_policy_documents = [var.repository.push_policy]

  statement {
    sid       = "RegisterRevisions"
    actions   = ["ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition"]
    resources = ["*"] # Neither action knows a narrower resource; PassRole below limits what a revision may do.
  }

  statement {
    sid       = "RollTheService"
    actions   = ["ecs:DescribeServices", "ecs:UpdateService"]
    resources = [var.service.service_arn]
  }

  statement {
    sid       = "RunTheReleaseStep"
    actions   = ["ecs:RunTask"]
    resources = [for family in var.service.families : "${local.ecs}:task-definition/${family}:*"]

    condition {
      test     = "ArnEquals"
      variable = "ecs:cluster"
      values   = [var.service.cluster_arn]
    }
  }

  statement {
    sid       = "WaitForTheReleaseStep"
    actions   = ["ecs:DescribeTasks"]
    resources = ["*"]

    condition {
      test     = "ArnEquals"
      variable = "ecs:cluster"
      values   = [var.service.cluster_arn]
    }
  }

  statement {
    sid       = "HandTheTasksTheirRoles"
    actions   = ["iam:PassRole"]
    resources = var.service.role_arns

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "deploy" {
  name               = var.name
  description        = "${var.github_repository} deploys with it"
  assume_role_policy = data.aws_iam_policy_document.trust.json
  # The longest job of a GitHub workflow: a migration of many rows is one.
  max_session_duration = 21600
}

resource "aws_iam_role_policy" "deploy" {
  name   = "push-migrate-and-roll"
  role   = aws_iam_role.deploy.name
  policy = data.aws_iam_policy_document.deploy.json
}

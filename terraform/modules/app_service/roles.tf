# ECS starts a task with the execution role; what is inside runs with its task's own role.

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "execution" {
  source_policy_documents = [var.image.pull_policy]

  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.app.arn}:*"]
  }

  dynamic "statement" {
    for_each = length(var.secrets) > 0 ? [values(var.secrets)] : []

    content {
      sid       = "PutSecretsIntoTheEnvironment"
      actions   = ["secretsmanager:GetSecretValue"]
      resources = statement.value
    }
  }

  dynamic "statement" {
    for_each = length(var.secrets) > 0 && var.key_arn != null ? [var.key_arn] : []

    content {
      sid       = "DecryptSecrets"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]
    }
  }
}

data "aws_iam_policy_document" "task" {
  for_each = local.tasks

  # A migration touches no file.
  source_policy_documents = contains(["serve", "commands"], each.key) ? var.files_policy[*] : []

  dynamic "statement" {
    for_each = length(each.value.secrets) > 0 ? [values(each.value.secrets)] : []

    content {
      sid       = "ReadOwnSecrets"
      actions   = ["secretsmanager:GetSecretValue"]
      resources = statement.value
    }
  }

  dynamic "statement" {
    for_each = each.value.exec ? ["exec"] : []

    content {
      sid       = "OpenAShell"
      actions   = ["ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"]
      resources = ["*"] # None of them knows a narrower resource.
    }
  }

  dynamic "statement" {
    for_each = var.table[*]

    content {
      sid       = "UseTheTable"
      actions   = ["dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"]
      resources = [statement.value.arn]
    }
  }

  dynamic "statement" {
    for_each = var.table[*]

    content {
      sid       = "ReadTheIndex"
      actions   = ["dynamodb:Query"]
      resources = ["${statement.value.arn}/index/*"]
    }
  }

  # DynamoDB asks for the table's key in the caller's name.
  dynamic "statement" {
    for_each = try(var.table.key_arn, null)[*]

    content {
      sid       = "UseTheTablesKey"
      actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
      resources = [statement.value]

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["dynamodb.${data.aws_region.current.name}.${data.aws_partition.current.dns_suffix}"]
      }
    }
  }

  dynamic "statement" {
    for_each = length(each.value.secrets) > 0 && var.key_arn != null ? [var.key_arn] : []

    content {
      sid       = "Decrypt"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]
    }
  }
}

resource "aws_iam_role" "execution" {
  name               = "${var.service_name}-execution"
  description        = "ECS starts the tasks of ${var.service_name} with it"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "execution" {
  name   = "pull-log-and-inject-secrets"
  role   = aws_iam_role.execution.name
  policy = data.aws_iam_policy_document.execution.json
}

resource "aws_iam_role" "task" {
  for_each = local.tasks

  name               = "${local.families[each.key]}-task"
  description        = "${local.families[each.key]} runs with it"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "task" {
  for_each = { for name, task in local.tasks : name => task if length(task.secrets) > 0 || var.table != null || task.exec }

  name   = "use-own-data"
  role   = aws_iam_role.task[each.key].name
  policy = data.aws_iam_policy_document.task[each.key].json
}

# What the clock starts: a task of its own for each job, from the newest revision of its family.

data "aws_caller_identity" "current" {}

data "aws_iam_policy_document" "scheduler_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

data "aws_iam_policy_document" "scheduler" {
  statement {
    sid       = "StartTheJobs"
    actions   = ["ecs:RunTask"]
    resources = [for job in keys(var.jobs) : "${aws_ecs_task_definition.app[job].arn_without_revision}:*"]

    condition {
      test     = "ArnEquals"
      variable = "ecs:cluster"
      values   = [aws_ecs_cluster.main.arn]
    }
  }

  statement {
    sid       = "HandTheJobsTheirRoles"
    actions   = ["iam:PassRole"]
    resources = concat([aws_iam_role.execution.arn], [for job in keys(var.jobs) : aws_iam_role.task[job].arn])

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "scheduler" {
  count = length(var.jobs) > 0 ? 1 : 0

  name               = "${var.service_name}-scheduler"
  description        = "The clock starts the jobs of ${var.service_name} with it"
  assume_role_policy = data.aws_iam_policy_document.scheduler_trust.json
}

resource "aws_iam_role_policy" "scheduler" {
  count = length(var.jobs) > 0 ? 1 : 0

  name   = "start-jobs"
  role   = aws_iam_role.scheduler[0].name
  policy = data.aws_iam_policy_document.scheduler.json
}

resource "aws_scheduler_schedule" "job" {
  for_each = var.jobs

  name                = local.families[each.key]
  description         = "Runs ${join(" ", each.value.command)}"
  schedule_expression = each.value.schedule
  # Before the first release there are no tables to work on.
  state = var.released ? "ENABLED" : "DISABLED"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_ecs_cluster.main.arn
    role_arn = aws_iam_role.scheduler[0].arn

    ecs_parameters {
      # Without a revision it is the newest one: a release registers it, and the schedule stays.
      task_definition_arn = aws_ecs_task_definition.app[each.key].arn_without_revision
      launch_type         = "FARGATE"
      task_count          = 1
      propagate_tags      = "TASK_DEFINITION"

      network_configuration {
        subnets          = var.network.subnet_ids
        security_groups  = [var.network.security_group_id]
        assign_public_ip = var.network.public_ip
      }
    }

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 5
    }
  }

  depends_on = [aws_iam_role_policy.scheduler]
}

# Alarms, their topic, the dashboard and the budget.

data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

data "aws_iam_policy_document" "publish" {
  statement {
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alarms.arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_sns_topic" "alarms" {
  name              = "${var.name}-alarms"
  kms_master_key_id = var.key_arn
}

resource "aws_sns_topic_policy" "alarms" {
  arn    = aws_sns_topic.alarms.arn
  policy = data.aws_iam_policy_document.publish.json
}

resource "aws_sns_topic_subscription" "email" {
  count = var.email == null ? 0 : 1

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.email
}

resource "aws_cloudwatch_dashboard" "main" {
  dashboard_name = var.name

  dashboard_body = jsonencode({
    widgets = [
      for index, name in sort(keys(local.alarms)) : {
        type   = "metric"
        x      = 8 * (index % 3)
        y      = 6 * floor(index / 3)
        width  = 8
        height = 6
        properties = {
          title  = local.alarms[name].text
          region = data.aws_region.current.name
          period = 60
          stat   = local.alarms[name].stat
          metrics = [concat(
            [local.alarms[name].space, local.alarms[name].metric],
            flatten([for key, value in local.alarms[name].dimensions : [key, value]]),
          )]
          annotations = { horizontal = [{ label = "alarm", value = local.alarms[name].limit }] }
        }
      }
    ]
  })
}

resource "aws_budgets_budget" "monthly" {
  count = var.monthly_budget == null ? 0 : 1

  name         = var.name
  budget_type  = "COST"
  limit_amount = tostring(var.monthly_budget)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  # Counts what carries these tags, once they were activated as cost allocation tags.
  dynamic "cost_filter" {
    for_each = length(var.budget_tags) > 0 ? [var.budget_tags] : []

    content {
      name   = "TagKeyValue"
      values = [for key, value in cost_filter.value : format("user:%s$%s", key, value)]
    }
  }

  dynamic "notification" {
    for_each = { ACTUAL = 80, FORECASTED = 100 }

    content {
      notification_type         = notification.key
      threshold                 = notification.value
      threshold_type            = "PERCENTAGE"
      comparison_operator       = "GREATER_THAN"
      subscriber_sns_topic_arns = [aws_sns_topic.alarms.arn]
    }
  }
}

# Alarms, their topic, messages of the database, the dashboard and the budget.

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

  # EventBridge is not known to send the account, so there is no condition, as in AWS's documentation.
  statement {
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alarms.arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
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

# By EventBridge, because RDS's own subscriptions do not reach an encrypted topic.
resource "aws_cloudwatch_event_rule" "database" {
  count = var.database == null ? 0 : 1

  name        = "${var.name}-database"
  description = "The database was stopped, failed over, failed or has little room"

  event_pattern = jsonencode({
    source      = ["aws.rds"]
    detail-type = ["RDS DB Instance Event", "RDS DB Cluster Event"]
    detail = {
      # The instances of a cluster begin with its name.
      SourceIdentifier = [for name in values(var.database.dimensions) : { prefix = name }]
      EventCategories  = ["availability", "failover", "failure", "low storage"]
    }
  })
}

resource "aws_cloudwatch_event_target" "database" {
  count = var.database == null ? 0 : 1

  rule = aws_cloudwatch_event_rule.database[0].name
  arn  = aws_sns_topic.alarms.arn
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
          title       = local.alarms[name].text
          region      = data.aws_region.current.name
          period      = local.alarms[name].period
          metrics     = local.curves[name]
          annotations = { horizontal = [{ label = "alarm", value = local.alarms[name].limit }] }
        }
      }
    ]
  })
}

locals {
  names_in_cloudwatch = { for name, alarm in local.alarms : name => flatten([for key, value in alarm.dimensions : [key, value]]) }

  # As a dashboard writes them: a metric, or a formula and what it is made of, which is not drawn. By way of JSON,
  # because the two are of different types.
  curves = {
    for name, alarm in local.alarms : name => jsondecode(alarm.formula == null ? jsonencode([
      concat([alarm.space, alarm.metric], local.names_in_cloudwatch[name], [{ stat = alarm.stat }]),
      ]) : jsonencode(concat(
      [[{ id = "result", expression = alarm.formula, label = alarm.text }]],
      [for id, metric in alarm.metrics : concat([alarm.space, metric[0]], local.names_in_cloudwatch[name], [{ id = id, stat = metric[1], visible = false }])],
    )))
  }
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

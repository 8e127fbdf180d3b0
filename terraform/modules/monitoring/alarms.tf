# What is watched, as one table. Each row becomes an alarm and a curve on the dashboard.

locals {
  # What a composition has; a row about anything else is dropped.
  subjects = merge(
    { for lb in var.load_balancer[*] : "balancer" => { space = "AWS/ApplicationELB", dimensions = { LoadBalancer = lb.arn_suffix } } },
    { for lb in var.load_balancer[*] : "targets" => { space = "AWS/ApplicationELB", dimensions = { LoadBalancer = lb.arn_suffix, TargetGroup = lb.target_group_arn_suffix } } },
    { for s in var.service[*] : "service" => { space = "AWS/ECS", dimensions = { ClusterName = s.cluster, ServiceName = s.service } } },
    { for group in var.instances[*] : "instances" => { space = "AWS/EC2", dimensions = { AutoScalingGroupName = group } } },
    { for db in var.database[*] : "database" => { space = "AWS/RDS", dimensions = db.dimensions } },
    { for db in var.database[*] : "copies" => { space = "AWS/RDS", dimensions = db.dimensions } if db.copies },
    { for which, space in var.nginx : which == "first" ? "nginx" : "nginx-${which}" => { space = space, dimensions = {} } },
    { for group in var.app_logs[*] : "log" => { space = var.name, dimensions = {} } },
    { for table in var.table[*] : "table" => { space = "AWS/DynamoDB", dimensions = { TableName = table } } },
  )

  healthy     = try(var.load_balancer.healthy, 1)
  connections = try(var.database.connections, 0)
  over        = "GreaterThanThreshold"
  under       = "LessThanThreshold"

  # "minutes" is how long it must last. Silence is no news, except from something that must report.
  table = {
    app-errors           = { of = "targets", metric = "HTTPCode_Target_5XX_Count", stat = "Sum", is = local.over, limit = 5, minutes = 2, text = "The app answers 5xx" }
    balancer-errors      = { of = "balancer", metric = "HTTPCode_ELB_5XX_Count", stat = "Sum", is = local.over, limit = 5, minutes = 2, text = "The load balancer itself answers 5xx: no healthy target, or a closed connection" }
    latency              = { of = "targets", metric = "TargetResponseTime", stat = "Average", is = local.over, limit = var.latency_seconds, minutes = 5, text = "The average answer takes longer than latency_seconds" }
    healthy-hosts        = { of = "targets", metric = "HealthyHostCount", stat = "Minimum", is = local.under, limit = local.healthy, minutes = 2, text = "Too few healthy targets" }
    service-cpu          = { of = "service", metric = "CPUUtilization", stat = "Average", is = local.over, limit = 85, minutes = 5, text = "The tasks use more than 85 % of their CPU" }
    service-memory       = { of = "service", metric = "MemoryUtilization", stat = "Average", is = local.over, limit = 85, minutes = 5, text = "The tasks use more than 85 % of their memory" }
    instance-cpu         = { of = "instances", metric = "CPUUtilization", stat = "Average", is = local.over, limit = 85, minutes = 5, text = "The instances use more than 85 % of their CPU" }
    instance-status      = { of = "instances", metric = "StatusCheckFailed", stat = "Maximum", is = local.over, limit = 0, minutes = 2, text = "An instance fails its status check" }
    database-cpu         = { of = "database", metric = "CPUUtilization", stat = "Average", is = local.over, limit = 80, minutes = 5, text = "The database uses more than 80 % of its CPU" }
    database-connections = { of = "database", metric = "DatabaseConnections", stat = "Maximum", is = local.over, limit = local.connections, minutes = 3, text = "The database has too many connections" }
    database-storage     = { of = "database", metric = "FreeStorageSpace", stat = "Minimum", is = local.under, limit = 2 * 1024 * 1024 * 1024, minutes = 1, text = "Less than 2 GiB of disk are free" }
    copies-lag           = { of = "copies", metric = "ReplicaLag", stat = "Maximum", is = local.over, limit = 30, minutes = 5, text = "The database's copies are behind: exports are old, and a failover takes longer" }
    table-throttled      = { of = "table", metric = "WriteThrottleEvents", stat = "Sum", is = local.over, limit = 0, minutes = 2, text = "DynamoDB rejects writes" }

    # Above users' mistakes: one address may try a hundred times in a quarter of an hour (docs/reference.md).
    refused-sign-ins = { of = "log", metric = "RefusedSignIns", stat = "Sum", is = local.over, limit = 10, minutes = 5, text = "Many sign-ins are refused, as when passwords or codes are guessed" }

    nginx-down                = { of = "nginx", metric = "NginxUp", stat = "Minimum", is = local.under, limit = 1, minutes = 3, text = "nginx does not answer, or its host is silent" }
    nginx-down-second         = { of = "nginx-second", metric = "NginxUp", stat = "Minimum", is = local.under, limit = 1, minutes = 3, text = "The second nginx does not answer, or its host is silent" }
    certificate-expiry        = { of = "nginx", metric = "CertificateDaysLeft", stat = "Minimum", is = local.under, limit = 14, minutes = 3, text = "The certificate ends within two weeks: its renewal has failed for two" }
    certificate-expiry-second = { of = "nginx-second", metric = "CertificateDaysLeft", stat = "Minimum", is = local.under, limit = 14, minutes = 3, text = "The certificate of the second nginx ends within two weeks" }
  }

  must_report = ["healthy-hosts", "nginx-down", "nginx-down-second"]
  alarms      = { for name, row in local.table : name => merge(row, local.subjects[row.of]) if contains(keys(local.subjects), row.of) }
}

# Of the app's log lines (app/accounts/events.py) those of sign-ins and second factors that were refused or throttled. It is
# an expression because on instances the system's log puts words of its own before a line; a dot stands for a quotation
# mark, which is no part of CloudWatch's expressions, nor are round brackets.
resource "aws_cloudwatch_log_metric_filter" "refused_sign_ins" {
  count = var.app_logs == null ? 0 : 1

  name           = "${var.name}-refused-sign-ins"
  log_group_name = var.app_logs
  pattern        = "%message.:.security.,.event.:.sign\\sin.,.result.:.[rt]|message.:.security.,.event.:.second\\sfactor.,.result.:.[rt]%"

  metric_transformation {
    name      = "RefusedSignIns"
    namespace = var.name
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "main" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.text
  namespace           = each.value.space
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.stat
  period              = 60
  evaluation_periods  = each.value.minutes
  comparison_operator = each.value.is
  threshold           = each.value.limit
  treat_missing_data  = contains(local.must_report, each.key) ? "breaching" : "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

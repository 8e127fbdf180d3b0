# What is watched, as one table. Each row becomes an alarm and a curve on the dashboard.

locals {
  # What a composition has; a row about anything else is dropped.
  subjects = merge(
    { for lb in var.load_balancer[*] : "balancer" => { space = "AWS/ApplicationELB", dimensions = { LoadBalancer = lb.arn_suffix } } },
    { for lb in var.load_balancer[*] : "targets" => { space = "AWS/ApplicationELB", dimensions = { LoadBalancer = lb.arn_suffix, TargetGroup = lb.target_group_arn_suffix } } },
    { for s in var.service[*] : "service" => { space = "AWS/ECS", dimensions = { ClusterName = s.cluster, ServiceName = s.service } } },
    { for group in var.instances[*] : "instances" => { space = "AWS/EC2", dimensions = { AutoScalingGroupName = group } } },
    { for db in var.database[*] : "database" => { space = "AWS/RDS", dimensions = db.dimensions } },
    { for db in var.database[*] : "burstable" => { space = "AWS/RDS", dimensions = db.dimensions } if db.burstable },
    { for db in var.database[*] : "copies" => { space = "AWS/RDS", dimensions = db.dimensions } if db.copies },
    { for which, space in var.nginx : which == "first" ? "nginx" : "nginx-${which}" => { space = space, dimensions = {} } },
    { for group in var.app_logs[*] : "log" => { space = var.name, dimensions = {} } },
    { for one in var.certificate[*] : "certificate" => { space = "AWS/CertificateManager", dimensions = { CertificateArn = one.arn } } },
    { for scan in var.malware_scan[*] : "scan" => { space = "AWS/GuardDuty/MalwareProtection", dimensions = scan } },
    { for scan in var.malware_scan[*] : "skipped" => { space = "AWS/GuardDuty/MalwareProtection", dimensions = merge(scan, { "Skipped Reason" = "MissingPermissions" }) } },
    { for table in var.table[*] : "table" => { space = "AWS/DynamoDB", dimensions = { TableName = table } } },
  )

  healthy     = try(var.load_balancer.healthy, 1)
  connections = try(var.database.connections, 0)
  over        = "GreaterThanThreshold"
  under       = "LessThanThreshold"

  # It rings when so many "minutes" of those "within" are beyond the limit ("within" is as many where it is not named). A
  # "period" is a minute where AWS reports no more seldom. "formula" is over "metrics", each (name, statistic):
  # - errors are a share of what was asked for, so that an outage at two requests a minute rings, and one error does not;
  # - who must report is filled with 0, because CloudWatch waits an unknown time before it calls data missing.
  table = {
    app-errors           = { of = "targets", formula = "100 * FILL(errors, 0) / requests", metrics = { errors = ["HTTPCode_Target_5XX_Count", "Sum"], requests = ["RequestCount", "Sum"] }, is = local.over, limit = 10, minutes = 3, within = 5, text = "More than a tenth of the app's answers are 5xx" }
    balancer-errors      = { of = "balancer", formula = "100 * FILL(errors, 0) / (FILL(requests, 0) + FILL(errors, 0))", metrics = { errors = ["HTTPCode_ELB_5XX_Count", "Sum"], requests = ["RequestCount", "Sum"] }, is = local.over, limit = 10, minutes = 3, within = 5, text = "The load balancer itself answers 5xx: no healthy target, or a closed connection" }
    latency              = { of = "targets", metric = "TargetResponseTime", stat = "Average", is = local.over, limit = var.latency_seconds, minutes = 3, within = 5, text = "The average answer takes longer than latency_seconds" }
    healthy-hosts        = { of = "targets", formula = "FILL(healthy, 0)", metrics = { healthy = ["HealthyHostCount", "Minimum"] }, is = local.under, limit = local.healthy, minutes = 2, text = "Too few healthy targets" }
    service-cpu          = { of = "service", metric = "CPUUtilization", stat = "Average", is = local.over, limit = 85, minutes = 4, text = "The tasks use more than 85 % of their CPU" }
    service-memory       = { of = "service", metric = "MemoryUtilization", stat = "Average", is = local.over, limit = 85, minutes = 4, text = "The tasks use more than 85 % of their memory" }
    instance-cpu         = { of = "instances", metric = "CPUUtilization", stat = "Average", is = local.over, limit = 85, minutes = 4, text = "The instances use more than 85 % of their CPU" }
    instance-credits     = { of = "instances", metric = "CPUSurplusCreditsCharged", stat = "Maximum", is = local.over, limit = 0, minutes = 1, period = 300, text = "An instance has used up its CPU credits, and more is charged" }
    instance-status      = { of = "instances", metric = "StatusCheckFailed", stat = "Maximum", is = local.over, limit = 0, minutes = 2, text = "An instance fails its status check" }
    database-cpu         = { of = "database", metric = "CPUUtilization", stat = "Average", is = local.over, limit = 80, minutes = 4, text = "The database uses more than 80 % of its CPU" }
    database-credits     = { of = "burstable", metric = "CPUCreditBalance", stat = "Minimum", is = local.under, limit = 5, minutes = 1, period = 300, text = "The database's CPU credits are nearly used up" }
    database-memory      = { of = "database", metric = "FreeableMemory", stat = "Minimum", is = local.under, limit = 50 * 1024 * 1024, minutes = 4, text = "Less than 50 MiB of the database's memory are free" }
    database-connections = { of = "database", metric = "DatabaseConnections", stat = "Maximum", is = local.over, limit = local.connections, minutes = 3, text = "The database has too many connections" }
    database-storage     = { of = "database", metric = "FreeStorageSpace", stat = "Minimum", is = local.under, limit = 2 * 1024 * 1024 * 1024, minutes = 1, text = "Less than 2 GiB of disk are free" }
    copies-lag           = { of = "copies", metric = "ReplicaLag", stat = "Maximum", is = local.over, limit = 30, minutes = 4, text = "The database's copies are behind: exports are old, and a failover takes longer" }
    table-throttled      = { of = "table", formula = "FILL(throttled, 0)", metrics = { throttled = ["WriteThrottleEvents", "Sum"] }, is = local.over, limit = 0, minutes = 2, text = "DynamoDB rejects writes" }

    malware-found = { of = "scan", metric = "InfectedScanCount", stat = "Sum", is = local.over, limit = 0, minutes = 1, period = 300, text = "GuardDuty found malware in a file, which nobody is given any more" }
    scan-failed   = { of = "scan", metric = "FailedScanCount", stat = "Sum", is = local.over, limit = 0, minutes = 1, period = 300, text = "GuardDuty could not scan a file, which is given out unscanned" }
    scan-denied   = { of = "skipped", metric = "SkippedScanCount", stat = "Sum", is = local.over, limit = 0, minutes = 1, period = 300, text = "GuardDuty may not read files, which are given out unscanned" }

    # Above users' mistakes: one address may try a hundred times in a quarter of an hour (docs/reference.md).
    refused-sign-ins = { of = "log", metric = "RefusedSignIns", stat = "Sum", is = local.over, limit = 10, minutes = 3, within = 5, text = "Many sign-ins are refused, as when passwords or codes are guessed" }
    lock-waits       = { of = "log", metric = "LockWaits", stat = "Sum", is = local.over, limit = 0, minutes = 2, within = 5, text = "Requests fail because a row or table is locked" }
    pool-exhausted   = { of = "log", metric = "PoolExhausted", stat = "Sum", is = local.over, limit = 0, minutes = 2, within = 5, text = "Requests fail because no connection to the database was free, or the server takes no more" }
    database-silent  = { of = "log", metric = "DatabaseSilent", stat = "Sum", is = local.over, limit = 0, minutes = 3, within = 5, text = "The database does not answer the app, which asks it once a minute also where nobody visits the site" }
    clock-off        = { of = "log", metric = "ClockOff", stat = "Sum", is = local.over, limit = 0, minutes = 3, within = 5, text = "A machine's clock and the database's differ by more than a second" }

    nginx-down                = { of = "nginx", formula = "FILL(up, 0)", metrics = { up = ["NginxUp", "Minimum"] }, is = local.under, limit = 1, minutes = 3, text = "nginx does not answer, or its host is silent" }
    nginx-down-second         = { of = "nginx-second", formula = "FILL(up, 0)", metrics = { up = ["NginxUp", "Minimum"] }, is = local.under, limit = 1, minutes = 3, text = "The second nginx does not answer, or its host is silent" }
    site-down                 = { of = "nginx", metric = "SiteUp", stat = "Minimum", is = local.under, limit = 1, minutes = 3, text = "The sign-in page cannot be reached by the site's name: DNS, network, certificate, nginx, load balancer or app" }
    certificate-expiry        = { of = "nginx", metric = "CertificateDaysLeft", stat = "Minimum", is = local.under, limit = 14, minutes = 3, text = "The certificate ends within two weeks: its renewal has failed for two" }
    certificate-expiry-second = { of = "nginx-second", metric = "CertificateDaysLeft", stat = "Minimum", is = local.under, limit = 14, minutes = 3, text = "The certificate of the second nginx ends within two weeks" }
    certificate-days          = { of = "certificate", metric = "DaysToExpiry", stat = "Minimum", is = local.under, limit = 30, minutes = 1, period = 86400, text = "The load balancer's certificate (ACM) ends within 30 days: its renewal has failed for a month" }
  }

  must_report = ["healthy-hosts", "nginx-down", "nginx-down-second"]
  usual       = { metric = null, stat = null, formula = null, metrics = {}, within = null, period = 60 }
  alarms      = { for name, row in local.table : name => merge(local.usual, row, local.subjects[row.of]) if contains(keys(local.subjects), row.of) }

  # Of the app's log lines those that are counted, by metric. Expressions, because on instances the system's log puts words of
  # its own before a line; a dot stands for a quotation mark, which is no part of CloudWatch's expressions, nor are round
  # brackets. Sign-ins and second factors that were refused or throttled: app/accounts/events.py; causes: app/errors.py; what
  # is looked at unasked: app/jobs/worker.py.
  counted_lines = {
    RefusedSignIns = "%message.:.security.,.event.:.sign\\sin.,.result.:.[rt]|message.:.security.,.event.:.second\\sfactor.,.result.:.[rt]%"
    LockWaits      = "%.cause.:.lock.,%"
    PoolExhausted  = "%.cause.:.pool.,|.cause.:.too\\smany\\sconnections.,%"
    DatabaseSilent = "%message.:.the\\sdatabase\\sdoes\\snot\\sanswer.,%"
    ClockOff       = "%message.:.clocks\\sdiffer.,%"
  }
}

resource "aws_cloudwatch_log_metric_filter" "app" {
  for_each = var.app_logs == null ? {} : local.counted_lines

  name           = "${var.name}-${each.key}"
  log_group_name = var.app_logs
  pattern        = each.value

  metric_transformation {
    name      = each.key
    namespace = var.name
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "main" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.text
  comparison_operator = each.value.is
  threshold           = each.value.limit
  datapoints_to_alarm = each.value.minutes
  evaluation_periods  = coalesce(each.value.within, each.value.minutes)
  treat_missing_data  = contains(local.must_report, each.key) ? "breaching" : "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]

  namespace   = each.value.formula == null ? each.value.space : null
  metric_name = each.value.metric
  dimensions  = each.value.formula == null ? each.value.dimensions : null
  statistic   = each.value.stat
  period      = each.value.formula == null ? each.value.period : null

  dynamic "metric_query" {
    for_each = each.value.formula[*]

    content {
      id          = "result"
      expression  = metric_query.value
      label       = each.value.text
      return_data = true
    }
  }

  dynamic "metric_query" {
    for_each = each.value.metrics

    content {
      id = metric_query.key

      metric {
        namespace   = each.value.space
        metric_name = metric_query.value[0]
        dimensions  = each.value.dimensions
        stat        = metric_query.value[1]
        period      = each.value.period
      }
    }
  }
}

# The app on ECS Fargate: cluster, task definitions, service and scaling.

data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  port  = 5000
  image = "${var.image.repository_url}${var.image.digest == null ? ":none" : "@${var.image.digest}"}"
  # Application Auto Scaling lifts the service to this at once, so not before there is something to serve.
  fewest = var.released ? var.scaling.min : 0

  container = {
    name                   = "app"
    image                  = local.image
    essential              = true
    readonlyRootFilesystem = !var.exec # the agent behind a shell writes into the image's root
    secrets                = [for name in sort(keys(var.secrets)) : { name = name, valueFrom = var.secrets[name] }]
    # gunicorn's worker heartbeat needs a writable /tmp; the image declares it a volume, which gives it its mode.
    mountPoints = [{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }]
    # SIGTERM, then time for the requests under way: more than gunicorn's graceful timeout.
    stopTimeout = 40
    linuxParameters = {
      initProcessEnabled = true
      capabilities       = { drop = ["ALL"], add = [] }
    }
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.app.name
        awslogs-region        = data.aws_region.current.name
        awslogs-stream-prefix = "app"
        # A slow log service must not stop requests; what does not fit the buffer is lost.
        mode            = "non-blocking"
        max-buffer-size = "4m"
      }
    }
  }

  served = {
    portMappings = [{ containerPort = local.port, hostPort = local.port, protocol = "tcp" }]
    # The process only, never the database: an outage there must not make ECS kill healthy tasks.
    healthCheck = {
      command     = ["CMD", "python3", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:${local.port}/livez', timeout=3)"]
      interval    = 15
      timeout     = 5
      retries     = 3
      startPeriod = 20
    }
  }

  # Each task has a role of its own, so that what serves cannot read what a step reads.
  tasks = merge(
    { serve = { container = local.served, secrets = var.readable_secrets, exec = var.exec } },
    { for name, step in var.steps : name => { container = { command = step.command }, secrets = step.readable_secrets, exec = var.exec } },
    # For `make aws-flask`: it waits for a command for at most an hour. The agent behind that writes
    # into the image's root.
    { commands = { container = { command = ["sleep", "3600"], readonlyRootFilesystem = false }, secrets = var.readable_secrets, exec = true } },
  )
  families = { for name in keys(local.tasks) : name => name == "serve" ? var.service_name : "${var.service_name}-${name}" }
}

resource "aws_cloudwatch_log_group" "app" {
  name              = var.logs.group
  retention_in_days = var.logs.days
  kms_key_id        = var.key_arn
}

# Made here, or Container Insights would make it, keep it for ever, and leave it behind.
resource "aws_cloudwatch_log_group" "insights" {
  name              = "/aws/ecs/containerinsights/${var.cluster_name}/performance"
  retention_in_days = var.logs.days
  kms_key_id        = var.key_arn
}

resource "aws_ecs_cluster" "main" {
  name = var.cluster_name

  setting {
    name  = "containerInsights"
    value = "enabled"
  }

  configuration {
    execute_command_configuration {
      # What a command prints may be a secret, such as a new token; who ran which command is in CloudTrail.
      logging = "NONE"
    }
  }

  depends_on = [aws_cloudwatch_log_group.insights]
}

resource "aws_ecs_task_definition" "app" {
  for_each = local.tasks

  # A deployment that fails goes back to the revision before, which must not be inactive by then.
  skip_destroy = true

  family                   = local.families[each.key]
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.size.cpu
  memory                   = var.size.memory
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task[each.key].arn

  container_definitions = jsonencode([merge(local.container, each.value.container, {
    environment = [for name, value in merge(var.environment, each.value.secrets) : { name = name, value = value }]
  })])

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "X86_64"
  }

  volume {
    name = "tmp"
  }

  lifecycle {
    precondition {
      condition     = var.image.digest != null || !var.released
      error_message = "released = true needs an image_digest."
    }
  }
}

resource "aws_ecs_service" "app" {
  name                               = var.service_name
  cluster                            = aws_ecs_cluster.main.id
  task_definition                    = aws_ecs_task_definition.app["serve"].arn
  desired_count                      = local.fewest
  launch_type                        = "FARGATE"
  platform_version                   = "LATEST"
  enable_ecs_managed_tags            = true
  availability_zone_rebalancing      = "ENABLED"
  propagate_tags                     = "SERVICE"
  enable_execute_command             = var.exec
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = var.load_balancer == null ? null : 60

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  dynamic "alarms" {
    for_each = length(var.rollback_alarms) > 0 ? [var.rollback_alarms] : []

    content {
      enable      = true
      rollback    = true
      alarm_names = alarms.value
    }
  }

  network_configuration {
    subnets          = var.network.subnet_ids
    security_groups  = [var.network.security_group_id]
    assign_public_ip = var.network.public_ip
  }

  dynamic "load_balancer" {
    for_each = var.load_balancer == null ? [] : [var.load_balancer]

    content {
      target_group_arn = load_balancer.value.target_group_arn
      container_name   = "app"
      container_port   = local.port
    }
  }

  lifecycle {
    # A release registers the next revision, scaling sets the number of tasks: Terraform takes back neither.
    ignore_changes = [task_definition, desired_count]
  }

  depends_on = [aws_iam_role_policy.execution, aws_iam_role_policy.task]
}

resource "aws_appautoscaling_target" "tasks" {
  service_namespace  = "ecs"
  resource_id        = "service/${aws_ecs_cluster.main.name}/${aws_ecs_service.app.name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = local.fewest
  max_capacity       = var.scaling.max
}

resource "aws_appautoscaling_policy" "load" {
  for_each = merge(
    { cpu = { metric = "ECSServiceAverageCPUUtilization", label = null, target = var.scaling.cpu_percent } },
    var.load_balancer == null ? {} : {
      requests = { metric = "ALBRequestCountPerTarget", label = var.load_balancer.scaling_label, target = var.scaling.requests_per_minute }
    },
  )

  name               = "${var.service_name}-${each.key}"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.tasks.service_namespace
  resource_id        = aws_appautoscaling_target.tasks.resource_id
  scalable_dimension = aws_appautoscaling_target.tasks.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = each.value.target
    scale_out_cooldown = 60
    scale_in_cooldown  = 300

    predefined_metric_specification {
      predefined_metric_type = each.value.metric
      resource_label         = each.value.label
    }
  }
}

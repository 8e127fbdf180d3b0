# An application load balancer, its target group, its listeners and its access logs.

data "aws_caller_identity" "current" {}

module "logs" {
  source = "../bucket"

  name          = "${lower(var.name)}-access-logs"
  expire_days   = var.log_days
  force_destroy = !var.protected

  writer = { service = "logdelivery.elasticloadbalancing.amazonaws.com", prefix = "AWSLogs/${data.aws_caller_identity.current.account_id}" }
}

resource "aws_lb" "main" {
  name                       = var.name
  load_balancer_type         = "application"
  internal                   = var.internal
  subnets                    = var.subnet_ids
  security_groups            = [var.security_group_id]
  drop_invalid_header_fields = true
  enable_deletion_protection = var.protected
  idle_timeout               = 60
  xff_header_processing_mode = var.forwarded_for

  access_logs {
    enabled = true
    bucket  = module.logs.name
  }
}

resource "aws_lb_target_group" "main" {
  name                          = coalesce(var.target_group_name, var.name)
  vpc_id                        = var.vpc_id
  target_type                   = var.targets.type
  port                          = var.targets.port
  protocol                      = "HTTP"
  deregistration_delay          = var.drain_seconds
  load_balancing_algorithm_type = "round_robin"

  health_check {
    path                = var.health_check.path
    matcher             = "200"
    interval            = var.health_check.interval
    timeout             = var.health_check.timeout
    healthy_threshold   = var.health_check.healthy
    unhealthy_threshold = var.health_check.unhealthy
  }
}

resource "aws_lb_listener" "plain" {
  load_balancer_arn = aws_lb.main.arn
  port              = var.listener_port
  protocol          = "HTTP"

  default_action {
    type             = var.tls ? "redirect" : "forward"
    target_group_arn = var.tls ? null : aws_lb_target_group.main.arn

    dynamic "redirect" {
      for_each = var.tls ? ["https"] : []

      content {
        protocol    = "HTTPS"
        port        = "443"
        status_code = "HTTP_301"
      }
    }
  }
}

resource "aws_lb_listener" "tls" {
  count = var.tls ? 1 : 0

  load_balancer_arn = aws_lb.main.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.main.arn
  }
}

# Probes and metrics are for operators: from outside only /livez is answered. Other spellings of these paths
# get past it, and are refused by whatever is behind (nginx, OPERATOR_NETWORKS).
resource "aws_lb_listener_rule" "hide_probes" {
  for_each = merge(
    { plain = aws_lb_listener.plain.arn },
    var.tls ? { tls = aws_lb_listener.tls[0].arn } : {},
  )

  listener_arn = each.value
  priority     = 1

  action {
    type = "fixed-response"

    fixed_response {
      content_type = "text/plain"
      message_body = "Not found"
      status_code  = "404"
    }
  }

  condition {
    path_pattern {
      values = ["/health", "/readyz", "/metrics", "/pool-stats"]
    }
  }
}

# Instances in an auto scaling group, which replaces failed ones: no SSH key, IMDSv2, encrypted disk.

data "aws_caller_identity" "current" {}
data "aws_default_tags" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  user_data = base64gzip(templatefile("${path.module}/user_data.sh.tftpl", {
    name            = var.name
    allocation_id   = var.elastic_ip ? aws_eip.main[0].id : ""
    region          = data.aws_region.current.name
    setup           = var.setup
    ready           = indent(2, "  ${trimspace(var.ready)}")
    give_up_seconds = local.launch_seconds - 120 # time to answer before the hook's own end
  }))

  # The provider's tags stop at the group and its template: what the group starts gets those that are written down there.
  tags = merge(data.aws_default_tags.current.tags, { Name = var.name })

  # How long an instance may take from its start until it serves.
  launch_seconds = 1800
  hook           = { name = "set-up", transition = "autoscaling:EC2_INSTANCE_LAUNCHING", result = "ABANDON" }

  own = "${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}"
  ec2 = "arn:${data.aws_partition.current.partition}:ec2:${local.own}"
  asg = "arn:${data.aws_partition.current.partition}:autoscaling:${local.own}:autoScalingGroup:*:autoScalingGroupName/${var.name}"

  policies = merge(
    var.policies,
    { answer-group = data.aws_iam_policy_document.answer_group.json },
    var.elastic_ip ? { take-address = data.aws_iam_policy_document.take_address[0].json } : {},
  )
}

resource "aws_eip" "main" {
  count = var.elastic_ip ? 1 : 0

  domain = "vpc"

  tags = { Name = var.name }
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "take_address" {
  count = var.elastic_ip ? 1 : 0

  statement {
    actions   = ["ec2:AssociateAddress"]
    resources = ["${local.ec2}:elastic-ip/${aws_eip.main[0].id}"]
  }

  statement {
    actions   = ["ec2:AssociateAddress"]
    resources = ["${local.ec2}:instance/*"]

    condition {
      test     = "StringEquals"
      variable = "ec2:ResourceTag/Name"
      values   = [var.name]
    }
  }
}

data "aws_iam_policy_document" "answer_group" {
  statement {
    actions   = ["autoscaling:CompleteLifecycleAction"]
    resources = [local.asg]
  }
}

resource "aws_iam_role" "main" {
  name               = var.name
  description        = "The instances of ${var.name} run with it"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy_attachment" "session_manager" {
  role       = aws_iam_role.main.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_role_policy" "main" {
  for_each = local.policies

  name   = each.key
  role   = aws_iam_role.main.name
  policy = each.value
}

resource "aws_iam_instance_profile" "main" {
  name = var.name
  role = aws_iam_role.main.name
}

resource "aws_launch_template" "main" {
  name                   = var.name
  image_id               = var.image
  instance_type          = var.instance_type
  user_data              = local.user_data
  vpc_security_group_ids = [var.security_group_id]
  update_default_version = true

  iam_instance_profile {
    arn = aws_iam_instance_profile.main.arn
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  monitoring {
    enabled = true
  }

  block_device_mappings {
    device_name = "/dev/sda1"

    ebs {
      volume_type           = "gp3"
      volume_size           = var.disk_gb
      encrypted             = true
      delete_on_termination = true
    }
  }

  dynamic "tag_specifications" {
    for_each = toset(["instance", "volume", "network-interface"])

    content {
      resource_type = tag_specifications.value
      tags          = local.tags
    }
  }

  lifecycle {
    precondition {
      condition     = length(local.user_data) <= 21848
      error_message = "The compressed user data is over EC2's 16 KB: ship files by a bucket instead."
    }
  }
}

resource "aws_autoscaling_group" "main" {
  name     = var.name
  min_size = var.instances
  # A group that nothing scales has room for one more, so that a new instance can come before the old one goes.
  max_size            = coalesce(var.most_instances, var.instances + 1)
  desired_capacity    = var.instances
  vpc_zone_identifier = var.subnet_ids
  target_group_arns   = var.target_group_arns

  # The instance's own health, not the target group's: a database outage must not make the group replace hosts in a circle.
  # Whether a new instance serves is asked once, by its set-up, before the group puts it into service.
  health_check_type         = "EC2"
  wait_for_capacity_timeout = "40m"

  initial_lifecycle_hook {
    name                 = local.hook.name
    lifecycle_transition = local.hook.transition
    heartbeat_timeout    = local.launch_seconds
    default_result       = local.hook.result
  }

  launch_template {
    id      = aws_launch_template.main.id
    version = aws_launch_template.main.latest_version
  }

  instance_refresh {
    strategy = "Rolling"

    # New ones first. No auto_rollback: EC2 has none for an image by resolve:ssm, and Terraform gives the group its new
    # template before it asks for the refresh, so there is nothing to go back to but the former configuration, applied.
    preferences {
      min_healthy_percentage = 100
      max_healthy_percentage = 200
      instance_warmup        = 60
    }
  }

  dynamic "tag" {
    for_each = local.tags

    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = true
    }
  }

  lifecycle {
    ignore_changes = [desired_capacity]
  }

  depends_on = [aws_iam_role_policy.main, aws_iam_role_policy_attachment.session_manager]
}

# The group's initial hook again, so that a group from before it, or one changed by hand, gets it too.
resource "aws_autoscaling_lifecycle_hook" "set_up" {
  name                   = local.hook.name
  autoscaling_group_name = aws_autoscaling_group.main.name
  lifecycle_transition   = local.hook.transition
  heartbeat_timeout      = local.launch_seconds
  default_result         = local.hook.result
}

resource "aws_autoscaling_policy" "cpu" {
  count = var.most_instances == null ? 0 : 1

  name                   = "cpu"
  autoscaling_group_name = aws_autoscaling_group.main.name
  policy_type            = "TargetTrackingScaling"

  target_tracking_configuration {
    target_value = 60

    predefined_metric_specification {
      predefined_metric_type = "ASGAverageCPUUtilization"
    }
  }
}

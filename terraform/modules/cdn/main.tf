# CloudFront and a web application firewall before an internal load balancer. Only /static/ is cached: pages are private.

locals {
  # Rules that judge a body are only counted: a note is free text, and may be long, hold HTML, or quote an attack.
  managed = {
    common = {
      name    = "AWSManagedRulesCommonRuleSet"
      counted = ["SizeRestrictions_BODY", "CrossSiteScripting_BODY", "EC2MetaDataSSRF_BODY", "GenericLFI_BODY", "GenericRFI_BODY"]
    }
    inputs = {
      name    = "AWSManagedRulesKnownBadInputsRuleSet"
      counted = ["JavaDeserializationRCE_BODY", "Log4JRCE_BODY"]
    }
  }
}

data "aws_cloudfront_cache_policy" "chosen" {
  for_each = { static = "Managed-CachingOptimized", pages = "Managed-CachingDisabled" }

  name = each.value
}

data "aws_cloudfront_origin_request_policy" "all" {
  name = "Managed-AllViewer"
}

resource "aws_wafv2_web_acl" "main" {
  provider = aws.us_east_1

  name        = var.name
  description = "What ${var.name} turns away before it reaches the load balancer"
  scope       = "CLOUDFRONT"

  default_action {
    allow {}
  }

  rule {
    name     = "rate"
    priority = 0

    action {
      block {}
    }

    statement {
      rate_based_statement {
        limit              = var.requests_per_address
        aggregate_key_type = "IP"
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "rate"
      sampled_requests_enabled   = true
    }
  }

  dynamic "rule" {
    for_each = local.managed

    content {
      name     = rule.key
      priority = 1 + index(keys(local.managed), rule.key)

      override_action {
        none {}
      }

      statement {
        managed_rule_group_statement {
          name        = rule.value.name
          vendor_name = "AWS"

          dynamic "rule_action_override" {
            for_each = rule.value.counted

            content {
              name = rule_action_override.value

              action_to_use {
                count {}
              }
            }
          }
        }
      }

      visibility_config {
        cloudwatch_metrics_enabled = true
        metric_name                = rule.key
        sampled_requests_enabled   = true
      }
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = var.name
    sampled_requests_enabled   = true
  }
}

# CloudFront comes into the VPC through an origin of this account. The load balancer has no public address, so another's
# distribution, which comes from the same addresses as ours, has no way to it.
resource "aws_cloudfront_vpc_origin" "main" {
  vpc_origin_endpoint_config {
    name                   = var.name
    arn                    = var.load_balancer.arn
    http_port              = 80
    https_port             = 443
    origin_protocol_policy = "https-only"

    origin_ssl_protocols {
      items    = ["TLSv1.2"]
      quantity = 1
    }
  }
}

resource "aws_cloudfront_distribution" "main" {
  comment         = var.name
  enabled         = true
  http_version    = "http2and3"
  is_ipv6_enabled = true
  aliases         = [var.domain]
  price_class     = "PriceClass_200"
  web_acl_id      = aws_wafv2_web_acl.main.arn

  origin {
    origin_id   = "load-balancer"
    domain_name = var.load_balancer.dns_name # the certificate is compared with the Host that is passed on

    vpc_origin_config {
      vpc_origin_id = aws_cloudfront_vpc_origin.main.id
    }
  }

  default_cache_behavior {
    target_origin_id         = "load-balancer"
    viewer_protocol_policy   = "redirect-to-https"
    allowed_methods          = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
    cached_methods           = ["GET", "HEAD"]
    cache_policy_id          = data.aws_cloudfront_cache_policy.chosen["pages"].id
    origin_request_policy_id = data.aws_cloudfront_origin_request_policy.all.id
    compress                 = true
  }

  ordered_cache_behavior {
    path_pattern             = "/static/*"
    target_origin_id         = "load-balancer"
    viewer_protocol_policy   = "redirect-to-https"
    allowed_methods          = ["GET", "HEAD"]
    cached_methods           = ["GET", "HEAD"]
    cache_policy_id          = data.aws_cloudfront_cache_policy.chosen["static"].id
    origin_request_policy_id = data.aws_cloudfront_origin_request_policy.all.id # nginx answers to its own name only
    compress                 = true
  }

  viewer_certificate {
    acm_certificate_arn      = var.certificate_arn
    ssl_support_method       = "sni-only"
    minimum_protocol_version = "TLSv1.2_2021"
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }
}

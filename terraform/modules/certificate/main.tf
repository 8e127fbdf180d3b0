# An ACM certificate of a host name, renewed by AWS as long as its validation record is in the Route 53 zone.

locals {
  proof = one(aws_acm_certificate.main.domain_validation_options)
}

resource "aws_acm_certificate" "main" {
  domain_name       = var.domain
  validation_method = "DNS"

  # What uses it is given the next one before this one goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "proof" {
  count = var.proven_elsewhere ? 0 : 1

  zone_id = var.zone_id
  name    = local.proof.resource_record_name
  type    = local.proof.resource_record_type
  records = [local.proof.resource_record_value]
  ttl     = 300
}

resource "aws_acm_certificate_validation" "main" {
  certificate_arn = aws_acm_certificate.main.arn

  depends_on = [aws_route53_record.proof]
}

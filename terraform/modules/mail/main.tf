# Mail by SMTP: the secret for MAIL_URL, whose value is set by hand, and, for SES, its identity and its user.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

data "aws_route53_zone" "given" {
  count = var.ses && var.zone_id != null ? 1 : 0

  zone_id = var.zone_id
}

locals {
  domain  = split("@", var.from)[1]
  in_zone = anytrue([for zone in data.aws_route53_zone.given : endswith(".${local.domain}", ".${zone.name}")])

  # They prove to SES that the domain is ours, and to receivers that SES may sign for it (DKIM). There are always three.
  records = [
    for number in range(var.ses ? 3 : 0) : {
      name  = "${aws_sesv2_email_identity.domain[0].dkim_signing_attributes[0].tokens[number]}._domainkey.${local.domain}"
      type  = "CNAME"
      value = "${aws_sesv2_email_identity.domain[0].dkim_signing_attributes[0].tokens[number]}.dkim.amazonses.com"
    }
  ]
}

# Without a value: the server's name, a user and a password are put there by hand and are in no state (docs/deployment.md).
resource "aws_secretsmanager_secret" "url" {
  name                    = "${var.name}/mail-url"
  description             = "MAIL_URL of ${var.name}: smtps://USER:PASSWORD@HOST"
  kms_key_id              = var.key_arn
  recovery_window_in_days = var.recovery_days
}

resource "aws_sesv2_email_identity" "domain" {
  count = var.ses ? 1 : 0

  email_identity = local.domain
}

resource "aws_route53_record" "dkim" {
  count = local.in_zone ? 3 : 0

  zone_id = var.zone_id
  name    = local.records[count.index].name
  type    = local.records[count.index].type
  ttl     = 300
  records = [local.records[count.index].value]
}

data "aws_iam_policy_document" "send" {
  count = var.ses ? 1 : 0

  statement {
    actions   = ["ses:SendRawEmail"] # all that SES asks for by SMTP
    resources = ["arn:${data.aws_partition.current.partition}:ses:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:identity/${local.domain}"]

    condition {
      test     = "StringEquals"
      variable = "ses:FromAddress"
      values   = [var.from]
    }
  }
}

# SES takes no role by SMTP: a user's access key becomes the name and the password.
resource "aws_iam_user" "smtp" {
  count = var.ses ? 1 : 0

  name          = "${var.name}-mail"
  force_destroy = true # with the access key, which was made by hand
}

resource "aws_iam_user_policy" "send" {
  count = var.ses ? 1 : 0

  name   = "send"
  user   = aws_iam_user.smtp[0].name
  policy = data.aws_iam_policy_document.send[0].json
}

# The DNS record of a host name: an alias of an AWS service, or the addresses of hosts with health checks.

resource "aws_route53_record" "alias" {
  for_each = toset(var.alias == null ? [] : var.alias.ipv6 ? ["A", "AAAA"] : ["A"])

  zone_id = var.zone_id
  name    = var.domain
  type    = each.key

  alias {
    name                   = var.alias.dns_name
    zone_id                = var.alias.zone_id
    evaluate_target_health = false # there is nowhere else to go
  }
}

# Asked by Route 53 from several places of the world. A single host is answered in any case.
resource "aws_route53_health_check" "host" {
  for_each = length(var.addresses) > 1 ? var.addresses : {}

  type              = "HTTPS"
  ip_address        = each.value
  fqdn              = var.domain
  port              = 443
  resource_path     = "/livez"
  enable_sni        = true
  request_interval  = 10
  failure_threshold = 3

  tags = { Name = "${var.domain}-${each.key}" }
}

# Of several values also when there is one: Route 53 would not let a second stand beside a plain record.
resource "aws_route53_record" "host" {
  for_each = var.addresses

  zone_id                          = var.zone_id
  name                             = var.domain
  type                             = "A"
  ttl                              = 30
  records                          = [each.value]
  set_identifier                   = each.key
  multivalue_answer_routing_policy = true
  health_check_id                  = try(aws_route53_health_check.host[each.key].id, null)
}

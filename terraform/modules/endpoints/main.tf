# Private endpoints of AWS services, for hosts without a route to the internet.

# The name differs between partitions, and a service need not be in every zone.
data "aws_vpc_endpoint_service" "offered" {
  for_each = var.services

  service      = each.key
  service_type = "Interface"
}

data "aws_subnet" "given" {
  count = length(var.subnet_ids)

  id = var.subnet_ids[count.index]
}

resource "aws_vpc_endpoint" "interface" {
  for_each = data.aws_vpc_endpoint_service.offered

  vpc_id              = var.vpc_id
  service_name        = each.value.service_name
  vpc_endpoint_type   = "Interface"
  subnet_ids          = [for subnet in data.aws_subnet.given : subnet.id if contains(each.value.availability_zones, subnet.availability_zone)]
  security_group_ids  = [var.security_group_id]
  private_dns_enabled = true

  tags = { Name = "${var.name}-${each.key}" }
}

# A VPC over several zones: public subnets behind an internet gateway, private ones behind NAT or without a route to the internet.

data "aws_availability_zones" "offered" {
  state = "available"

  # Not local and wavelength zones, for which an account can opt in: they lack most services.
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

locals {
  # The number of a subnet counts /24 ranges from the first address of the VPC.
  ranges = { for name, subnet in merge(var.public_subnets, var.private_subnets) : name => cidrsubnet(var.cidr, 24 - tonumber(split("/", var.cidr)[1]), subnet.number) }

  zones  = sort(data.aws_availability_zones.offered.names)
  wanted = distinct(concat(values(var.public_subnets), values(var.private_subnets))[*].zone)

  nat_subnets = {
    none     = []
    one      = slice(sort(keys(var.public_subnets)), 0, 1)
    per-zone = sort(keys(var.public_subnets))
  }[var.nat]

  nat_by_zone = { for subnet in local.nat_subnets : tostring(var.public_subnets[subnet].zone) => subnet }

  # One private table serves all zones, unless each zone has a NAT gateway of its own.
  private_tables = toset(var.nat == "per-zone" ? [for zone in distinct(values(var.private_subnets)[*].zone) : tostring(zone)] : ["all"])

  # A private zone without a public subnet borrows the first zone's gateway.
  nat_routes = var.nat == "none" ? {} : {
    for table in local.private_tables : table => lookup(local.nat_by_zone, table, local.nat_subnets[0])
  }
}

data "aws_region" "current" {}

resource "aws_vpc" "main" {
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true

  tags = { Name = var.name }

  lifecycle {
    precondition {
      condition     = max(local.wanted...) < length(local.zones)
      error_message = "${data.aws_region.current.name} has ${length(local.zones)} availability zones; the subnets need ${max(local.wanted...) + 1}."
    }
  }
}

# The group every forgotten resource falls into: it lets nothing in or out.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.main.id

  tags = { Name = "${var.name}-closed" }
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id

  tags = { Name = var.name }
}

resource "aws_subnet" "public" {
  for_each = var.public_subnets

  vpc_id                  = aws_vpc.main.id
  cidr_block              = local.ranges[each.key]
  availability_zone       = local.zones[each.value.zone]
  map_public_ip_on_launch = true

  tags = { Name = "${var.name}-${each.key}" }

  lifecycle {
    # A zone that AWS opens later may come between the others: what stands stays where it is.
    ignore_changes = [availability_zone]
  }
}

resource "aws_subnet" "private" {
  for_each = var.private_subnets

  vpc_id            = aws_vpc.main.id
  cidr_block        = local.ranges[each.key]
  availability_zone = local.zones[each.value.zone]

  tags = { Name = "${var.name}-${each.key}" }

  lifecycle {
    ignore_changes = [availability_zone]
  }
}

resource "aws_eip" "nat" {
  for_each = toset(local.nat_subnets)

  domain = "vpc"

  tags = { Name = "${var.name}-nat-${each.key}" }
}

resource "aws_nat_gateway" "main" {
  for_each = toset(local.nat_subnets)

  allocation_id = aws_eip.nat[each.key].id
  subnet_id     = aws_subnet.public[each.key].id

  tags = { Name = "${var.name}-${each.key}" }

  depends_on = [aws_internet_gateway.main]
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.main.id

  tags = { Name = "${var.name}-public" }
}

resource "aws_route" "internet" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.main.id
}

resource "aws_route_table_association" "public" {
  for_each = aws_subnet.public

  subnet_id      = each.value.id
  route_table_id = aws_route_table.public.id
}

resource "aws_route_table" "private" {
  for_each = local.private_tables

  vpc_id = aws_vpc.main.id

  tags = { Name = "${var.name}-private-${each.key}" }
}

resource "aws_route" "nat" {
  for_each = local.nat_routes

  route_table_id         = aws_route_table.private[each.key].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.main[each.value].id
}

resource "aws_route_table_association" "private" {
  for_each = aws_subnet.private

  subnet_id      = each.value.id
  route_table_id = aws_route_table.private[var.nat == "per-zone" ? tostring(var.private_subnets[each.key].zone) : "all"].id
}

data "aws_vpc_endpoint_service" "gateway" {
  for_each = var.gateway_endpoints

  service      = each.key
  service_type = "Gateway"
}

resource "aws_vpc_endpoint" "gateway" {
  for_each = var.gateway_endpoints

  vpc_id            = aws_vpc.main.id
  service_name      = data.aws_vpc_endpoint_service.gateway[each.key].service_name
  vpc_endpoint_type = "Gateway"
  route_table_ids   = concat([aws_route_table.public.id], values(aws_route_table.private)[*].id)

  tags = { Name = "${var.name}-${each.key}" }
}

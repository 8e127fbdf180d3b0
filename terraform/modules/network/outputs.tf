output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.main.id
}

# A host that starts in a subnet without its way out sets itself up in vain, so the ids wait for the routes.

output "public_subnet_ids" {
  description = "Ids of the public subnets, in the order of their names; depends on their routes."
  value       = values(aws_subnet.public)[*].id

  depends_on = [aws_route.internet, aws_route_table_association.public, aws_vpc_endpoint.gateway]
}

output "private_subnet_ids" {
  description = "Ids of the private subnets, in the order of their names; depends on their routes."
  value       = values(aws_subnet.private)[*].id

  depends_on = [aws_route.nat, aws_route_table_association.private, aws_vpc_endpoint.gateway]
}

output "public_ranges" {
  description = "Address ranges of the public subnets, in the order of their names."
  value       = [for name in sort(keys(var.public_subnets)) : local.ranges[name]]
}

output "private_ranges" {
  description = "Address ranges of the private subnets, in the order of their names."
  value       = [for name in sort(keys(var.private_subnets)) : local.ranges[name]]
}

output "prefix_list_ids" {
  description = "Prefix lists of the gateway endpoints, by service, for security group rules."
  value       = { for service, endpoint in aws_vpc_endpoint.gateway : service => endpoint.prefix_list_id }
}

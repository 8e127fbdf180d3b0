output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.main.id
}

output "public_subnet_ids" {
  description = "Ids of the public subnets, in the order of their names."
  value       = values(aws_subnet.public)[*].id
}

output "private_subnet_ids" {
  description = "Ids of the private subnets, in the order of their names."
  value       = values(aws_subnet.private)[*].id
}

output "prefix_list_ids" {
  description = "Prefix lists of the gateway endpoints, by service, for security group rules."
  value       = { for service, endpoint in aws_vpc_endpoint.gateway : service => endpoint.prefix_list_id }
}

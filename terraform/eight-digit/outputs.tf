output "ecr_repository_url" {
  description = "Push the image here."
  value       = module.registry.url
}

output "how_to_reach_the_app" {
  description = "The app's address, or the command that finds the tasks' addresses: a new task has a new one."
  value = local.balanced ? "https://${coalesce(var.domain, module.load_balancer[0].dns_name)}/" : join(" ", [
    "aws ec2 describe-network-interfaces --region ${var.region}",
    "--filters Name=group-id,Values=${module.security_groups.ids["app"]}",
    "--query 'NetworkInterfaces[].Association.PublicIp' --output text   # then http://ADDRESS:${local.app_port}/",
  ])
}

output "load_balancer_dns_name" {
  description = "Point the DNS record of the domain here (CNAME), unless zone_id is given; null without a load balancer."
  value       = one(module.load_balancer[*].dns_name)
}

output "table_name" {
  description = "Name of the DynamoDB table."
  value       = module.table.name
}

output "release" {
  description = "Values that a release needs: cluster, service, task families, subnets and security group."
  value = {
    cluster        = module.app_service.cluster_name
    service        = module.app_service.service_name
    families       = module.app_service.task_families
    subnets        = local.balanced ? module.network.private_subnet_ids : module.network.public_subnet_ids
    security_group = module.security_groups.ids["app"]
    public_ip      = !local.balanced
  }
}

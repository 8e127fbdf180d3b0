output "public_ip" {
  description = "Fixed address of the bastion."
  value       = module.host.public_ip
}

output "group_name" {
  description = "Name of the auto scaling group that keeps the bastion alive."
  value       = module.host.group_name
}

output "public_ip" {
  description = "Fixed address of the bastion."
  value       = module.host.public_ip
}

output "group_name" {
  description = "Name of the bastion's auto scaling group."
  value       = module.host.group_name
}

output "public_ip" {
  description = "Fixed address of the host: point the DNS record of the server name here."
  value       = module.host.public_ip
}

output "group_name" {
  description = "Name of the auto scaling group that keeps the host alive."
  value       = module.host.group_name
}

output "metrics_namespace" {
  description = "CloudWatch namespace with the host's own figures: NginxUp and CertificateDaysLeft."
  value       = var.name
}

output "bucket" {
  description = "Bucket with the configuration and the certificates."
  value       = module.files.name
}

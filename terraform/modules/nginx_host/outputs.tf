output "addresses" {
  description = "Fixed addresses of the hosts: point the DNS records of the server name here."
  value       = { for which, host in module.host : which => host.public_ip }
}

output "group_names" {
  description = "Names of the auto scaling groups that keep the hosts alive."
  value       = [for host in module.host : host.group_name]
}

output "metrics_namespaces" {
  description = "CloudWatch namespaces with each host's own figures: NginxUp, CertificateDaysLeft and, of the first, SiteUp."
  value       = { for which, host in local.hosts : which => host.name }
}

output "bucket" {
  description = "Bucket with the configuration and the certificates."
  value       = module.files.name
}

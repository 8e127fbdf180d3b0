output "address" {
  description = "Where the app answers."
  value       = local.tls ? "https://${var.domain}/" : "http://${module.load_balancer.dns_name}/"
}

output "dns_target" {
  description = "Point the DNS record of the domain here (CNAME), unless zone_id is given."
  value       = var.cdn == null ? module.load_balancer.dns_name : module.cdn[0].domain_name
}

output "ecr_repository_url" {
  description = "Push the image here."
  value       = module.registry.url
}

output "group_name" {
  description = "Auto scaling group of the app instances, for Session Manager and refreshes."
  value       = module.app_instances.group_name
}

output "digest_parameter" {
  description = "Parameter with the digest of the image in service."
  value       = module.app_instances.digest_parameter.name
}

output "database_host" {
  description = "The database's host name."
  value       = module.data.host
}

output "files_bucket" {
  description = "The bucket of files."
  value       = module.data.files_settings.FILES_BUCKET
}

output "mail" {
  description = "What mail needs: the secret to fill with MAIL_URL, SES's user, and the DNS records of the domain that mails are from; null without mail."
  value       = one(module.mail[*])
}

output "identity_provider" {
  description = "What an identity provider needs: the secret to fill with OIDC_CLIENT_SECRET, and the redirect address to register there; null without one."
  value       = one([for provider in module.identity_provider : { secret_arn = provider.secret_arn, answer_url = provider.answer_url }])
}

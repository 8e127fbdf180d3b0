output "nginx_address" {
  description = "Point the DNS record of the domain here, unless zone_id is given."
  value       = module.nginx_host.addresses["first"]
}

output "bastion_address" {
  description = "ssh -N -L 3306:<database_host>:3306 tunnel@ this address, from admin_cidr."
  value       = module.bastion.public_ip
}

output "ecr_repository_url" {
  description = "Push the image here."
  value       = module.registry.url
}

output "database_host" {
  description = "The database's host name, for a tunnel through the bastion."
  value       = module.data.host
}

output "database_secret_arn" {
  description = "Secret with the name and password of the database's master user."
  value       = module.data.user_secret_arns["master"]
}

output "deploy_role_arn" {
  description = "Role of the deploy workflow, or null."
  value       = one(module.deploy_identity[*].role_arn)
}

output "release" {
  description = "Values that a release needs: cluster, service, task families, subnets and security group."
  value = {
    cluster        = module.app_service.cluster_name
    service        = module.app_service.service_name
    families       = module.app_service.task_families
    subnets        = module.network.private_subnet_ids
    security_group = module.security_groups.ids["app"]
    public_ip      = false
  }
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

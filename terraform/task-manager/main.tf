# Browser -> (CloudFront ->) load balancer -> nginx and Flask on two EC2 instances without SSH -> MySQL on RDS.

terraform {
  required_version = ">= 1.11"

  # Which bucket: terraform init -backend-config (docs/deployment.md).
  backend "s3" {}

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = local.tags
  }
}

provider "aws" {
  alias  = "us_east_1"
  region = "us-east-1"

  default_tags {
    tags = local.tags
  }
}

# CloudFront's addresses: if it is used, only they may reach the load balancer.
data "aws_ec2_managed_prefix_list" "cloudfront" {
  count = var.cdn == null ? 0 : 1

  name = "com.amazonaws.global.cloudfront.origin-facing"
}

locals {
  tags = { Project = "notes", Composition = "${local.prefix}task-manager" }

  prefix = var.environment == null ? "" : "${var.environment}-"
  name   = "${local.prefix}task-manager"

  public_subnets = {
    public-a = { number = 1, zone = 0 }
    public-b = { number = 2, zone = 1 }
  }

  private_subnets = {
    private-a = { number = 11, zone = 0 }
    private-b = { number = 12, zone = 1 }
  }

  ordered = var.zone_id != null && var.certificate_arn == null
  tls     = local.ordered || var.certificate_arn != null

  # A security group counts CloudFront's prefix list as 55 rules of its 60, so port 80 stays closed behind it.
  visitors = var.cdn == null ? [
    { from = "world", to = "balancer", port = 80 },
    { from = "world", to = "balancer", port = 443 },
    ] : [
    { from = "cloudfront", to = "balancer", port = 443 },
  ]
}

module "key" {
  source = "../modules/key"

  name = local.name
}

module "data_key" {
  source = "../modules/data_key"

  name = local.name
}

module "network" {
  source = "../modules/network"

  name            = local.name
  cidr            = var.vpc_cidr
  nat             = var.nat
  key_arn         = module.key.arn
  public_subnets  = local.public_subnets
  private_subnets = local.private_subnets
}

module "security_groups" {
  source = "../modules/security_groups"

  name         = local.name
  vpc_id       = module.network.vpc_id
  prefix_lists = { for list in data.aws_ec2_managed_prefix_list.cloudfront : "cloudfront" => list.id }

  roles = {
    balancer = "Load balancer"
    app      = "Instances with nginx and the app"
    database = "MySQL"
  }

  rules = concat(local.visitors, [
    { from = "balancer", to = "app", port = 80 },
    { from = "app", to = "database", port = 3306 },

    # Ways out: packages, registry, secrets, Session Manager. Ubuntu's package servers speak HTTP.
    { from = "app", to = "world", port = 80 },
    { from = "app", to = "world", port = 443 },
    ], [
    for mail in var.mail[*] : { from = "app", to = "world", port = mail.port }
  ])
}

module "registry" {
  source = "../modules/registry"

  name          = local.name
  key_arn       = module.key.arn
  force_destroy = !var.protected
}

module "data" {
  source = "../modules/notes_data"

  name                = local.name
  database            = var.database
  password_generation = var.database_password_generation
  network             = { subnet_ids = module.network.private_subnet_ids, security_group_id = module.security_groups.ids["database"] }
  key_arn             = module.key.arn
  data_key_arn        = module.data_key.arn
  scan_files          = var.scan_files
  protected           = var.protected
}

module "mail" {
  source = "../modules/mail"
  count  = var.mail == null ? 0 : 1

  name          = local.name
  from          = var.mail.from
  ses           = var.mail.ses
  zone_id       = var.zone_id
  key_arn       = module.key.arn
  recovery_days = var.protected ? 7 : 0
}

module "identity_provider" {
  source = "../modules/identity_provider"
  count  = var.identity_provider == null ? 0 : 1

  name              = local.name
  provider_settings = var.identity_provider
  domain            = var.domain
  key_arn           = module.key.arn
  recovery_days     = var.protected ? 7 : 0
}

module "certificate" {
  source = "../modules/certificate"
  count  = local.ordered ? 1 : 0

  domain  = var.domain
  zone_id = var.zone_id
}

module "load_balancer" {
  source = "../modules/load_balancer"

  name              = local.name
  target_group_name = "${local.prefix}flask-app-targets"
  internal          = var.cdn != null
  vpc_id            = module.network.vpc_id
  subnet_ids        = var.cdn == null ? module.network.public_subnet_ids : module.network.private_subnet_ids
  security_group_id = module.security_groups.ids["balancer"]
  forwarded_for     = var.cdn == null ? "append" : "preserve"
  tls               = local.tls
  certificate_arn   = local.ordered ? module.certificate[0].arn : var.certificate_arn
  targets           = { type = "instance", port = 80 }
  health_check      = { path = "/health", interval = 30, healthy = 2 }
  protected         = var.protected
}

module "app_instances" {
  source = "../modules/app_instances"

  name             = local.name
  instances        = var.instances
  instance_type    = var.instance_type
  target_group_arn = module.load_balancer.target_group_arn
  server_name      = coalesce(var.domain, module.load_balancer.dns_name)
  source_directory = "${path.root}/../../nginx"
  secrets          = merge({ SECRET_KEY = module.data.secret_key_arn }, { for mail in module.mail : "MAIL_URL" => mail.secret_arn }, { for provider in module.identity_provider : "OIDC_CLIENT_SECRET" => provider.secret_arn })
  database_secrets = module.data.user_secret_arns
  files_policy     = module.data.files_policy
  key_arn          = module.key.arn
  protected        = var.protected

  network = {
    subnet_ids        = module.network.private_subnet_ids
    security_group_id = module.security_groups.ids["app"]
    balancer_ranges   = var.cdn == null ? module.network.public_ranges : module.network.private_ranges
  }

  image = {
    repository_url = module.registry.url
    pull_policy    = module.registry.pull_policy
    digest         = var.image_digest
  }

  environment = merge({
    APP_ENV            = "production"
    BIND               = "127.0.0.1" # nginx is on the same host
    PORT               = "5000"
    WEB_CONCURRENCY    = "1" # one process, so that its pool is the instance's pool
    AWS_REGION         = var.region
    FEATURES           = "notes"
    SIGN_UP            = var.sign_up
    TRUSTED_HOSTS      = coalesce(var.domain, module.load_balancer.dns_name)
    PROXY_HOPS         = "1" # nginx, which writes the visitor's address anew, whoever is before it
    DATABASE_POOL_SIZE = "5"
    DATABASE_URL       = module.data.url
    DATABASE_CA        = var.database_ca
    RUN_JOBS           = "1" # beside the server, on each instance: whichever is free takes the next job
    PLAIN_HTTP         = local.tls ? "0" : "1"
    }, module.data.files_settings, var.mail == null ? {} : {
    MAIL_FROM  = var.mail.from
    PUBLIC_URL = "https://${var.domain}" # where links in mails lead
  }, [for provider in module.identity_provider : provider.environment]...)
}

module "monitoring" {
  source = "../modules/monitoring"

  name           = local.name
  email          = var.email
  key_arn        = module.key.arn
  instances      = local.name
  app_logs       = module.app_instances.log_group
  database       = { dimensions = module.data.dimensions, connections = 50, burstable = startswith(var.database.instance_class, "db.t") }
  certificate    = local.tls ? { arn = local.ordered ? module.certificate[0].arn : var.certificate_arn } : null
  malware_scan   = module.data.malware_scan
  monthly_budget = var.monthly_budget
  budget_tags    = { Composition = local.tags.Composition }

  load_balancer = {
    arn_suffix              = module.load_balancer.arn_suffix
    target_group_arn_suffix = module.load_balancer.target_group_arn_suffix
    healthy                 = var.instances.min
  }
}

# CloudFront takes certificates from us-east-1 only.
module "cdn_certificate" {
  source = "../modules/certificate"
  count  = var.cdn == null ? 0 : var.cdn.certificate_arn == null ? 1 : 0

  domain           = var.domain
  zone_id          = var.zone_id
  proven_elsewhere = local.ordered

  providers = { aws = aws.us_east_1 }

  depends_on = [module.certificate]
}

module "cdn" {
  source = "../modules/cdn"
  count  = var.cdn == null ? 0 : 1

  name            = local.name
  domain          = var.domain
  certificate_arn = var.cdn.certificate_arn == null ? module.cdn_certificate[0].arn : var.cdn.certificate_arn
  load_balancer   = { arn = module.load_balancer.arn, dns_name = module.load_balancer.dns_name }

  providers = {
    aws           = aws
    aws.us_east_1 = aws.us_east_1
  }
}

module "site_record" {
  source = "../modules/site_record"
  count  = var.zone_id == null ? 0 : 1

  zone_id = var.zone_id
  domain  = var.domain

  alias = var.cdn == null ? {
    dns_name = module.load_balancer.dns_name
    zone_id  = module.load_balancer.zone_id
    ipv6     = false
    } : {
    dns_name = module.cdn[0].domain_name
    zone_id  = module.cdn[0].zone_id
    ipv6     = true
  }
}

module "pipeline" {
  source = "../modules/pipeline"
  count  = var.pipeline == null ? 0 : 1

  name             = local.name
  source_code      = var.pipeline
  digest_parameter = module.app_instances.digest_parameter
  key_arn          = module.key.arn
  protected        = var.protected

  image_repository = {
    name        = module.registry.name
    url         = module.registry.url
    push_policy = module.registry.push_policy
  }

  instances = {
    name             = module.app_instances.group_name
    arn              = module.app_instances.group_arn
    target_group_arn = module.load_balancer.target_group_arn
  }
}

# Browser -> nginx on EC2 -> internal load balancer -> Flask on Fargate -> MySQL on RDS; a bastion for operators.

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

locals {
  tags = { Project = "notes", Composition = "${local.prefix}three-tier" }

  app_port = 5000

  prefix = var.environment == null ? "" : "${var.environment}-"
  name   = "${local.prefix}notes"

  bastion_rules = var.bastion_access == "ssh" ? [{ from = "admin", to = "bastion", port = 22 }] : []

  # How tasks reach the registry, the secrets and the logs: by a way out, or through endpoints that lead nowhere else.
  # An endpoint replaces its service's DNS name in the whole VPC, so every host that uses the service must be allowed to reach it.
  endpoint_services = var.nat == "none" ? concat(["ecr.api", "ecr.dkr", "logs", "secretsmanager"], var.exec ? ["ssmmessages"] : [], var.mail == null ? [] : ["email-smtp"]) : []
  app_rules = var.nat == "none" ? [
    { from = "app", to = "endpoints", port = 443 },
    { from = "nginx", to = "endpoints", port = 443 }, # its logs
    { from = "app", to = "s3", port = 443 },          # the layers of the image, and files
    ] : [
    { from = "app", to = "world", port = 443 },
  ]
  mail_rules = [for mail in var.mail[*] : { from = "app", to = var.nat == "none" ? "endpoints" : "world", port = mail.port }]
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

  name    = "${local.prefix}RJ-VPC"
  cidr    = var.vpc_cidr
  nat     = var.nat
  key_arn = module.key.arn

  public_subnets = {
    public-a = { number = 1, zone = 0 }
    public-b = { number = 2, zone = 1 }
  }

  private_subnets = {
    private-a = { number = 11, zone = 0 }
    private-b = { number = 12, zone = 1 }
    private-c = { number = 13, zone = 2 }
  }
}

# The load balancer is internal because a public one would not match a security group reference:
# nginx would reach it by its public addresses, and those arrive from nginx's elastic IP, not from its group.
module "security_groups" {
  source = "../modules/security_groups"

  name         = local.name
  vpc_id       = module.network.vpc_id
  prefix_lists = module.network.prefix_list_ids

  roles = merge(
    {
      nginx    = "nginx, the door to the internet"
      balancer = "Internal load balancer"
      app      = "Fargate tasks"
      database = "MySQL"
      bastion  = "Host for people"
    },
    var.nat == "none" ? { endpoints = "Private endpoints of AWS services" } : {},
  )

  ranges = { world = "0.0.0.0/0", admin = var.admin_cidr }

  rules = concat(local.bastion_rules, local.app_rules, local.mail_rules, [
    { from = "world", to = "nginx", port = 80 },
    { from = "world", to = "nginx", port = 443 },
    { from = "nginx", to = "app", port = local.app_port },
    { from = "app", to = "database", port = 3306 },
    { from = "bastion", to = "database", port = 3306 },

    # The load balancer stands between nginx and the app.
    { from = "nginx", to = "balancer", port = local.app_port },
    { from = "balancer", to = "app", port = local.app_port },

    # Ways out: packages, certificate authority, AWS services. Ubuntu's package servers speak HTTP.
    { from = "nginx", to = "world", port = 80 },
    { from = "nginx", to = "world", port = 443 },
    { from = "bastion", to = "world", port = 80 },
    { from = "bastion", to = "world", port = 443 },
  ])
}

module "endpoints" {
  source = "../modules/endpoints"
  count  = var.nat == "none" ? 1 : 0

  name              = local.name
  vpc_id            = module.network.vpc_id
  subnet_ids        = module.network.private_subnet_ids
  security_group_id = module.security_groups.ids["endpoints"]
  services          = local.endpoint_services
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

module "load_balancer" {
  source = "../modules/load_balancer"

  name              = local.name
  internal          = true
  vpc_id            = module.network.vpc_id
  subnet_ids        = module.network.private_subnet_ids
  security_group_id = module.security_groups.ids["balancer"]
  listener_port     = local.app_port
  targets           = { type = "ip", port = local.app_port }
  protected         = var.protected

  # ECS kills a task the load balancer calls unhealthy, so only the process itself is asked. Often, because until a
  # zone that is cut off is noticed, each second request waits in vain.
  health_check = { path = "/livez", interval = 5, timeout = 3 }
}

module "app_service" {
  source = "../modules/app_service"

  cluster_name     = local.name
  service_name     = "${local.name}-app"
  size             = var.task_size
  scaling          = var.tasks
  key_arn          = module.key.arn
  logs             = { group = "/ecs/${local.name}", days = 30 }
  rollback_alarms  = [module.monitoring.alarm_names["app-errors"]]
  secrets          = merge({ SECRET_KEY = module.data.secret_key_arn }, { for mail in module.mail : "MAIL_URL" => mail.secret_arn }, { for provider in module.identity_provider : "OIDC_CLIENT_SECRET" => provider.secret_arn })
  readable_secrets = { DATABASE_SECRET = module.data.user_secret_arns["app"] }
  files_policy     = module.data.files_policy

  released = var.released
  exec     = var.exec

  steps = {
    release = {
      command          = ["flask", "db", "upgrade"]
      readable_secrets = { DATABASE_SECRET = module.data.user_secret_arns["migrate"] }
    }
    users = {
      command = ["flask", "database", "users"]
      readable_secrets = {
        DATABASE_SECRET         = module.data.user_secret_arns["master"]
        DATABASE_APP_SECRET     = module.data.user_secret_arns["app"]
        DATABASE_MIGRATE_SECRET = module.data.user_secret_arns["migrate"]
      }
    }
  }

  image = {
    repository_url = module.registry.url
    pull_policy    = module.registry.pull_policy
    digest         = var.image_digest
  }

  network = {
    subnet_ids        = module.network.private_subnet_ids
    security_group_id = module.security_groups.ids["app"]
  }

  load_balancer = {
    target_group_arn = module.load_balancer.target_group_arn
    scaling_label    = "${module.load_balancer.arn_suffix}/${module.load_balancer.target_group_arn_suffix}"
  }

  environment = merge({
    APP_ENV       = "production"
    PORT          = tostring(local.app_port)
    AWS_REGION    = var.region
    FEATURES      = "notes"
    SIGN_UP       = var.sign_up
    TRUSTED_HOSTS = var.domain
    PROXY_HOPS    = "2" # nginx and the load balancer
    DATABASE_URL  = module.data.url
    DATABASE_CA   = var.database_ca
    RUN_JOBS      = "1" # beside the server, in each task: whichever is free takes the next job
    }, module.data.files_settings, module.data.reader_url == null ? {} : {
    DATABASE_READER_URL = module.data.reader_url # exports only
    }, var.mail == null ? {} : {
    MAIL_FROM  = var.mail.from
    PUBLIC_URL = "https://${var.domain}" # where links in mails lead
  }, [for provider in module.identity_provider : provider.environment]...)
}

module "nginx_host" {
  source = "../modules/nginx_host"

  name              = "${local.name}-nginx"
  server_name       = var.domain
  email             = var.email
  front             = var.front
  upstream          = "${module.load_balancer.dns_name}:${local.app_port}"
  source_directory  = "${path.root}/../../nginx"
  subnet_ids        = module.network.public_subnet_ids
  security_group_id = module.security_groups.ids["nginx"]
  key_arn           = module.key.arn
  protected         = var.protected
}

module "site_record" {
  source = "../modules/site_record"
  count  = var.zone_id == null ? 0 : 1

  zone_id   = var.zone_id
  domain    = var.domain
  addresses = module.nginx_host.addresses
}

module "bastion" {
  source = "../modules/bastion"

  name              = "${local.name}-bastion"
  access            = var.bastion_access
  ssh_public_key    = var.ssh_public_key
  database          = "${module.data.host}:3306"
  source_directory  = "${path.root}/../../bastion"
  subnet_ids        = module.network.public_subnet_ids
  security_group_id = module.security_groups.ids["bastion"]
}

module "monitoring" {
  source = "../modules/monitoring"

  name           = local.name
  email          = var.email
  key_arn        = module.key.arn
  service        = { cluster = local.name, service = "${local.name}-app" }
  database       = { dimensions = module.data.dimensions, copies = var.database.kind == "cluster", burstable = startswith(var.database.instance_class, "db.t") }
  nginx          = module.nginx_host.metrics_namespaces
  app_logs       = module.app_service.log_group
  malware_scan   = module.data.malware_scan
  monthly_budget = var.monthly_budget
  budget_tags    = { Composition = local.tags.Composition }

  load_balancer = {
    arn_suffix              = module.load_balancer.arn_suffix
    target_group_arn_suffix = module.load_balancer.target_group_arn_suffix
    healthy                 = var.tasks.min
  }
}

module "deploy_identity" {
  source = "../modules/deploy_identity"
  count  = var.github_repository == null ? 0 : 1

  name              = "${local.name}-deploy"
  github_repository = var.github_repository
  provider_arn      = var.github_provider_arn
  repository        = { arn = module.registry.arn, push_policy = module.registry.push_policy }

  service = {
    cluster_arn = module.app_service.cluster_arn
    service_arn = module.app_service.service_arn
    # Not the step users: who may run an image of his own with its role has the master's password.
    families  = [for task in ["serve", "release"] : module.app_service.task_families[task]]
    role_arns = [for role in ["execution", "serve", "release"] : module.app_service.role_arns[role]]
  }
}

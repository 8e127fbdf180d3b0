# Flask on Fargate with a DynamoDB table: reached directly, or through a load balancer with TLS.

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
  tags = { Project = "notes", Composition = "${local.prefix}eight-digit" }

  prefix  = var.environment == null ? "" : "${var.environment}-"
  name    = "${local.prefix}eight-digit"
  cluster = "${local.prefix}flask-cluster"
  service = "${local.prefix}flask-service"

  app_port = 5000
  balanced = var.exposure == "load-balancer"
  ordered  = var.zone_id != null && var.certificate_arn == null

  rules = {
    public-task = [
      { from = "world", to = "app", port = local.app_port },
    ]
    load-balancer = [
      { from = "world", to = "balancer", port = 80 }, # only sends on to 443
      { from = "world", to = "balancer", port = 443 },
      { from = "balancer", to = "app", port = local.app_port },
    ]
  }
}

module "key" {
  source = "../modules/key"
  count  = local.balanced ? 1 : 0

  name = local.name
}

module "data_key" {
  source = "../modules/data_key"
  count  = local.balanced ? 1 : 0

  name = local.name
}

module "network" {
  source = "../modules/network"

  name              = local.name
  cidr              = var.vpc_cidr
  nat               = local.balanced ? "one" : "none"
  gateway_endpoints = ["dynamodb", "s3"]
  key_arn           = one(module.key[*].arn)

  public_subnets = {
    public-a = { number = 1, zone = 0 }
    public-b = { number = 2, zone = 1 }
  }

  private_subnets = local.balanced ? {
    private-a = { number = 11, zone = 0 }
    private-b = { number = 12, zone = 1 }
  } : {}
}

module "security_groups" {
  source = "../modules/security_groups"

  name         = local.name
  vpc_id       = module.network.vpc_id
  prefix_lists = module.network.prefix_list_ids

  roles = merge(
    { app = "Fargate tasks" },
    local.balanced ? { balancer = "Load balancer" } : {},
  )

  rules = concat(local.rules[var.exposure], [
    { from = "app", to = "dynamodb", port = 443 },
    { from = "app", to = "s3", port = 443 }, # the layers of the image
    # The registry, the logs and the secret have no gateway endpoint.
    { from = "app", to = "world", port = 443 },
  ])
}

module "registry" {
  source = "../modules/registry"

  name          = "${local.prefix}flask-app"
  key_arn       = one(module.key[*].arn)
  force_destroy = !var.protected
}

module "secret_key" {
  source = "../modules/secret"

  name          = "${local.name}/secret-key"
  description   = "Flask's SECRET_KEY of the eight-digit app"
  key_arn       = one(module.key[*].arn)
  recovery_days = var.protected ? 7 : 0
}

module "table" {
  source = "../modules/table"

  name      = "${local.prefix}EightDigit"
  key_arn   = one(module.data_key[*].arn)
  protected = var.protected
}

module "certificate" {
  source = "../modules/certificate"
  count  = local.ordered ? 1 : 0

  domain  = var.domain
  zone_id = var.zone_id
}

module "load_balancer" {
  source = "../modules/load_balancer"
  count  = local.balanced ? 1 : 0

  name              = local.name
  internal          = false
  vpc_id            = module.network.vpc_id
  subnet_ids        = module.network.public_subnet_ids
  security_group_id = module.security_groups.ids["balancer"]
  tls               = true
  certificate_arn   = local.ordered ? module.certificate[0].arn : var.certificate_arn
  targets           = { type = "ip", port = local.app_port }
  protected         = var.protected

  # ECS kills a task the load balancer calls unhealthy, so only the process itself is asked.
  health_check = { path = "/livez", interval = 15 }
}

module "site_record" {
  source = "../modules/site_record"
  count  = var.zone_id == null ? 0 : 1

  zone_id = var.zone_id
  domain  = var.domain
  alias   = { dns_name = module.load_balancer[0].dns_name, zone_id = module.load_balancer[0].zone_id }
}

module "app_service" {
  source = "../modules/app_service"

  cluster_name    = local.cluster
  service_name    = local.service
  scaling         = var.tasks
  released        = var.released
  exec            = var.exec
  key_arn         = one(module.key[*].arn)
  logs            = { group = "/ecs/${local.prefix}flask-app", days = 7 }
  rollback_alarms = local.balanced ? [module.monitoring.alarm_names["app-errors"]] : []
  secrets         = { SECRET_KEY = module.secret_key.arn }
  table           = { arn = module.table.arn, key_arn = one(module.data_key[*].arn) }

  image = {
    repository_url = module.registry.url
    pull_policy    = module.registry.pull_policy
    digest         = var.image_digest
  }

  network = {
    subnet_ids        = local.balanced ? module.network.private_subnet_ids : module.network.public_subnet_ids
    security_group_id = module.security_groups.ids["app"]
    public_ip         = !local.balanced
  }

  load_balancer = local.balanced ? {
    target_group_arn = module.load_balancer[0].target_group_arn
    scaling_label    = "${module.load_balancer[0].arn_suffix}/${module.load_balancer[0].target_group_arn_suffix}"
  } : null

  environment = merge(
    {
      APP_ENV    = "production"
      PORT       = tostring(local.app_port)
      AWS_REGION = var.region
      FEATURES   = "entries"
      # No nginx stands before these tasks, and a load balancer compares paths by letters.
      OPERATOR_NETWORKS = "127.0.0.0/8,${var.vpc_cidr}"
      ENTRIES_STORE     = "dynamodb"
      DYNAMO_TABLE      = module.table.name
      PROXY_HOPS        = local.balanced ? "1" : "0"
    },
    var.domain == null ? {} : { TRUSTED_HOSTS = var.domain },
    local.balanced ? {} : { PLAIN_HTTP = "1" },
  )
}

module "monitoring" {
  source = "../modules/monitoring"

  name           = local.name
  email          = var.email
  key_arn        = one(module.key[*].arn)
  service        = { cluster = local.cluster, service = local.service }
  table          = module.table.name
  monthly_budget = var.monthly_budget
  budget_tags    = { Composition = local.tags.Composition }
  certificate    = local.balanced ? { arn = local.ordered ? module.certificate[0].arn : var.certificate_arn } : null

  load_balancer = local.balanced ? {
    arn_suffix              = module.load_balancer[0].arn_suffix
    target_group_arn_suffix = module.load_balancer[0].target_group_arn_suffix
    healthy                 = var.tasks.min
  } : null
}

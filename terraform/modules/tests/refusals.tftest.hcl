# What each module must not accept.

mock_provider "aws" {
  # Policies are compared with nothing here, but the provider wants JSON.
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
}

run "network_needs_two_zones" {
  command = plan

  module {
    source = "./network"
  }

  variables {
    name           = "test"
    public_subnets = { a = { cidr = "10.0.1.0/24", zone = "eu-central-1a" }, b = { cidr = "10.0.2.0/24", zone = "eu-central-1a" } }
  }

  expect_failures = [var.public_subnets]
}

run "network_knows_three_kinds_of_nat" {
  command = plan

  module {
    source = "./network"
  }

  variables {
    name           = "test"
    nat            = "two"
    public_subnets = { a = { cidr = "10.0.1.0/24", zone = "eu-central-1a" }, b = { cidr = "10.0.2.0/24", zone = "eu-central-1b" } }
  }

  expect_failures = [var.nat]
}

run "network_takes_no_nonsense_for_a_range" {
  command = plan

  module {
    source = "./network"
  }

  variables {
    name           = "test"
    cidr           = "10.0.0.0/30"
    public_subnets = { a = { cidr = "10.0.1.0/24", zone = "eu-central-1a" }, b = { cidr = "10.0.2.0/24", zone = "eu-central-1b" } }
  }

  expect_failures = [var.cidr]
}

run "ssh_is_never_open_to_the_world" {
  command = plan

  module {
    source = "./security_groups"
  }

  variables {
    name   = "test"
    vpc_id = "vpc-1"
    roles  = { bastion = "Host for people" }
    rules  = [{ from = "world", to = "bastion", port = 22 }]
  }

  expect_failures = [var.rules]
}

run "mysql_is_never_open_to_the_world" {
  command = plan

  module {
    source = "./security_groups"
  }

  variables {
    name   = "test"
    vpc_id = "vpc-1"
    roles  = { database = "MySQL" }
    rules  = [{ from = "world", to = "database", port = 3306 }]
  }

  expect_failures = [var.rules]
}

run "rules_name_roles_that_exist" {
  command = plan

  module {
    source = "./security_groups"
  }

  variables {
    name   = "test"
    vpc_id = "vpc-1"
    roles  = { database = "MySQL" }
    rules  = [{ from = "ap", to = "database", port = 3306 }]
  }

  expect_failures = [var.rules]
}

run "load_balancer_knows_two_kinds_of_targets" {
  command = plan

  module {
    source = "./load_balancer"
  }

  variables {
    name              = "test"
    internal          = true
    vpc_id            = "vpc-1"
    subnet_ids        = ["subnet-1", "subnet-2"]
    security_group_id = "sg-1"
    targets           = { type = "lambda", port = 80 }
    health_check      = { path = "/livez" }
  }

  expect_failures = [var.targets]
}

run "a_task_runs_a_digest_not_a_tag" {
  command = plan

  module {
    source = "./app_service"
  }

  variables {
    cluster_name = "test"
    service_name = "test"
    image        = { repository_url = "r", pull_policy = "{}", digest = "latest" }
    network      = { subnet_ids = ["subnet-1"], security_group_id = "sg-1" }
    logs         = { group = "/test", days = 7 }
  }

  expect_failures = [var.image]
}

run "a_secret_is_no_plain_setting" {
  command = plan

  module {
    source = "./app_service"
  }

  variables {
    cluster_name = "test"
    service_name = "test"
    image        = { repository_url = "r", pull_policy = "{}" }
    network      = { subnet_ids = ["subnet-1"], security_group_id = "sg-1" }
    logs         = { group = "/test", days = 7 }
    environment  = { SECRET_KEY = "not-in-plain-text" }
  }

  expect_failures = [var.environment]
}

run "scaling_has_room" {
  command = plan

  module {
    source = "./app_service"
  }

  variables {
    cluster_name = "test"
    service_name = "test"
    image        = { repository_url = "r", pull_policy = "{}" }
    network      = { subnet_ids = ["subnet-1"], security_group_id = "sg-1" }
    logs         = { group = "/test", days = 7 }
    scaling      = { min = 2, max = 2 }
  }

  expect_failures = [var.scaling]
}

run "mysql_is_in_standard_support" {
  command = plan

  module {
    source = "./mysql"
  }

  variables {
    name              = "test"
    engine_version    = "8.0"
    subnet_ids        = ["subnet-1", "subnet-2"]
    security_group_id = "sg-1"
    key_arn           = "arn:aws:kms:eu-central-1:123456789012:key/1"
  }

  expect_failures = [var.engine_version]
}

run "mysql_can_go_back_a_week" {
  command = plan

  module {
    source = "./mysql"
  }

  variables {
    name              = "test"
    backup_days       = 1
    subnet_ids        = ["subnet-1", "subnet-2"]
    security_group_id = "sg-1"
    key_arn           = "arn:aws:kms:eu-central-1:123456789012:key/1"
  }

  expect_failures = [var.backup_days]
}

run "one_address_serves_one_instance" {
  command = plan

  module {
    source = "./host"
  }

  variables {
    name              = "test"
    instances         = 2
    elastic_ip        = true
    subnet_ids        = ["subnet-1"]
    security_group_id = "sg-1"
    setup             = "true"
  }

  expect_failures = [var.elastic_ip]
}

run "ssh_needs_a_key" {
  command = plan

  module {
    source = "./bastion"
  }

  variables {
    name              = "test"
    access            = "ssh"
    database          = "db:3306"
    source_directory  = "."
    subnet_ids        = ["subnet-1"]
    security_group_id = "sg-1"
  }

  expect_failures = [var.ssh_public_key]
}

run "a_key_can_be_rescued" {
  command = plan

  module {
    source = "./key"
  }

  variables {
    name          = "test"
    deletion_days = 1
  }

  expect_failures = [var.deletion_days]
}

run "one_repository_deploys_not_all" {
  command = plan

  module {
    source = "./deploy_identity"
  }

  variables {
    name              = "test"
    github_repository = "*/*"
    repository        = { arn = "r", push_policy = "{}" }
    service           = { cluster_arn = "c", service_arn = "s", families = [], role_arns = [] }
  }

  expect_failures = [var.github_repository]
}

run "cloudfront_wants_a_certificate_from_us_east_1" {
  command = plan

  module {
    source = "./cdn"
  }

  providers = {
    aws           = aws
    aws.us_east_1 = aws
  }

  variables {
    name            = "test"
    domain          = "tasks.example.org"
    origin_domain   = "origin.tasks.example.org"
    certificate_arn = "arn:aws:acm:ap-south-1:123456789012:certificate/1"
  }

  expect_failures = [var.certificate_arn]
}

run "a_pipeline_has_one_repository" {
  command = plan

  module {
    source = "./pipeline"
  }

  variables {
    name             = "test"
    source_code      = { repository = "notes", branch = "main", connection_arn = "c" }
    image_repository = { name = "r", url = "r", push_policy = "{}" }
    digest_parameter = { name = "p", arn = "p" }
    instances        = { name = "g", arn = "g" }
    key_arn          = "arn:aws:kms:eu-central-1:123456789012:key/1"
  }

  expect_failures = [var.source_code]
}

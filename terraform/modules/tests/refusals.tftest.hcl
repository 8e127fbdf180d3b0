# What each module must not accept.

mock_provider "aws" {
  # Policies are compared with nothing here, but the provider wants JSON.
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-central-1a", "eu-central-1b"] }
  }
}

run "network_needs_two_zones" {
  command = plan

  module {
    source = "./network"
  }

  variables {
    name           = "test"
    public_subnets = { a = { number = 1, zone = 0 }, b = { number = 2, zone = 0 } }
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
    public_subnets = { a = { number = 1, zone = 0 }, b = { number = 2, zone = 1 } }
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
    public_subnets = { a = { number = 1, zone = 0 }, b = { number = 2, zone = 1 } }
  }

  expect_failures = [var.cidr]
}

run "network_takes_a_range_by_its_first_address_only" {
  command = plan

  module {
    source = "./network"
  }

  variables {
    name           = "test"
    cidr           = "10.0.1.0/20"
    public_subnets = { a = { number = 1, zone = 0 }, b = { number = 2, zone = 1 } }
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
    data_key_arn      = "arn:aws:kms:eu-central-1:123456789012:key/2"
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
    data_key_arn      = "arn:aws:kms:eu-central-1:123456789012:key/2"
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
    ready             = "true"
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
    certificate_arn = "arn:aws:acm:ap-south-1:123456789012:certificate/1"
    load_balancer   = { arn = "arn:aws:elasticloadbalancing:ap-south-1:123456789012:loadbalancer/app/a/1", dns_name = "a.example" }
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
    source_code      = { repository = "notes", branch = "main", connection_arn = "arn:aws:codeconnections:eu-central-1:123456789012:connection/1" }
    image_repository = { name = "r", url = "r", push_policy = "{}" }
    digest_parameter = { name = "p", arn = "p" }
    instances        = { name = "g", arn = "g", target_group_arn = "t" }
    key_arn          = "arn:aws:kms:eu-central-1:123456789012:key/1"
  }

  expect_failures = [var.source_code]
}

run "network_needs_as_many_zones_as_the_region_has" {
  command = plan

  module {
    source = "./network"
  }

  variables {
    name           = "test"
    public_subnets = { a = { number = 1, zone = 0 }, b = { number = 2, zone = 1 }, c = { number = 3, zone = 2 } }
  }

  expect_failures = [aws_vpc.main]
}

run "ec2_takes_no_apostrophe_in_a_description" {
  command = plan

  module {
    source = "./security_groups"
  }

  variables {
    name   = "test"
    vpc_id = "vpc-1"
    roles  = { endpoints = "Session Manager's endpoints" }
    rules  = []
  }

  expect_failures = [var.roles]
}

run "fargate_sells_certain_pairs" {
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
    size         = { cpu = 256, memory = 4096 }
  }

  expect_failures = [var.size]
}

run "fargate_sells_no_cpu_between" {
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
    size         = { cpu = 300, memory = 512 }
  }

  expect_failures = [var.size]
}

run "nothing_is_released_without_an_image" {
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
    released     = true
  }

  expect_failures = [aws_ecs_task_definition.app]
}

run "a_services_name_leaves_room_for_its_roles" {
  command = plan

  module {
    source = "./app_service"
  }

  variables {
    cluster_name = "test"
    service_name = "a-service-whose-name-is-as-long-as-a-sentence"
    image        = { repository_url = "r", pull_policy = "{}" }
    network      = { subnet_ids = ["subnet-1"], security_group_id = "sg-1" }
    logs         = { group = "/test", days = 7 }
  }

  expect_failures = [var.service_name]
}

run "mysql_does_not_run_on_an_old_family" {
  command = plan

  module {
    source = "./mysql"
  }

  variables {
    name              = "test"
    subnet_ids        = ["subnet-1", "subnet-2"]
    security_group_id = "sg-1"
    key_arn           = "arn:aws:kms:eu-central-1:123456789012:key/1"
    data_key_arn      = "arn:aws:kms:eu-central-1:123456789012:key/2"
    instance_class    = "db.m4.large"
  }

  expect_failures = [var.instance_class]
}

run "mysql_does_not_run_on_a_family_without_mysql_8_4" {
  command = plan

  module {
    source = "./mysql"
  }

  variables {
    name              = "test"
    subnet_ids        = ["subnet-1", "subnet-2"]
    security_group_id = "sg-1"
    key_arn           = "arn:aws:kms:eu-central-1:123456789012:key/1"
    data_key_arn      = "arn:aws:kms:eu-central-1:123456789012:key/2"
    instance_class    = "db.t2.micro"
  }

  expect_failures = [var.instance_class]
}

run "mysql_does_not_run_on_an_instance_of_ec2" {
  command = plan

  module {
    source = "./mysql"
  }

  variables {
    name              = "test"
    subnet_ids        = ["subnet-1", "subnet-2"]
    security_group_id = "sg-1"
    key_arn           = "arn:aws:kms:eu-central-1:123456789012:key/1"
    data_key_arn      = "arn:aws:kms:eu-central-1:123456789012:key/2"
    instance_class    = "t4g.micro"
  }

  expect_failures = [var.instance_class]
}

run "rds_takes_no_capitals" {
  command = plan

  module {
    source = "./mysql"
  }

  variables {
    name              = "Notes"
    subnet_ids        = ["subnet-1", "subnet-2"]
    security_group_id = "sg-1"
    key_arn           = "arn:aws:kms:eu-central-1:123456789012:key/1"
    data_key_arn      = "arn:aws:kms:eu-central-1:123456789012:key/2"
  }

  expect_failures = [var.name]
}

run "rds_names_end" {
  command = plan

  module {
    source = "./mysql"
  }

  variables {
    name              = "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
    subnet_ids        = ["subnet-1", "subnet-2"]
    security_group_id = "sg-1"
    key_arn           = "arn:aws:kms:eu-central-1:123456789012:key/1"
    data_key_arn      = "arn:aws:kms:eu-central-1:123456789012:key/2"
  }

  expect_failures = [var.name]
}

run "a_disk_can_grow" {
  command = plan

  module {
    source = "./mysql"
  }

  variables {
    name              = "test"
    subnet_ids        = ["subnet-1", "subnet-2"]
    security_group_id = "sg-1"
    key_arn           = "arn:aws:kms:eu-central-1:123456789012:key/1"
    data_key_arn      = "arn:aws:kms:eu-central-1:123456789012:key/2"
    storage_gb        = { initial = 20, limit = 20 }
  }

  expect_failures = [var.storage_gb]
}

run "the_image_does_not_run_on_graviton" {
  command = plan

  module {
    source = "./host"
  }

  variables {
    name              = "test"
    subnet_ids        = ["subnet-1"]
    security_group_id = "sg-1"
    setup             = "true"
    ready             = "true"
    instance_type     = "t4g.micro"
  }

  expect_failures = [var.instance_type]
}

run "the_image_does_not_run_on_a_database" {
  command = plan

  module {
    source = "./host"
  }

  variables {
    name              = "test"
    subnet_ids        = ["subnet-1"]
    security_group_id = "sg-1"
    setup             = "true"
    ready             = "true"
    instance_type     = "db.t3.micro"
  }

  expect_failures = [var.instance_type]
}

run "the_image_does_not_run_on_what_is_too_old" {
  command = plan

  module {
    source = "./host"
  }

  variables {
    name              = "test"
    subnet_ids        = ["subnet-1"]
    security_group_id = "sg-1"
    setup             = "true"
    ready             = "true"
    instance_type     = "t2.micro"
  }

  expect_failures = [var.instance_type]
}

run "a_hosts_name_is_a_roles_too" {
  command = plan

  module {
    source = "./host"
  }

  variables {
    name              = "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh"
    subnet_ids        = ["subnet-1"]
    security_group_id = "sg-1"
    setup             = "true"
    ready             = "true"
  }

  expect_failures = [var.name]
}

run "a_load_balancers_name_has_32_characters" {
  command = plan

  module {
    source = "./load_balancer"
  }

  variables {
    name              = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
    internal          = true
    vpc_id            = "vpc-1"
    subnet_ids        = ["subnet-1", "subnet-2"]
    security_group_id = "sg-1"
    targets           = { type = "ip", port = 80 }
    health_check      = { path = "/livez" }
  }

  expect_failures = [var.name]
}

run "a_target_groups_name_has_no_underscore" {
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
    targets           = { type = "ip", port = 80 }
    health_check      = { path = "/livez" }
    target_group_name = "flask_app"
  }

  expect_failures = [var.target_group_name]
}

run "a_health_check_is_over_before_the_next" {
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
    targets           = { type = "ip", port = 80 }
    health_check      = { path = "/livez", interval = 5, timeout = 5 }
  }

  expect_failures = [var.health_check]
}

run "one_health_check_decides_nothing" {
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
    targets           = { type = "ip", port = 80 }
    health_check      = { path = "/livez", healthy = 1 }
  }

  expect_failures = [var.health_check]
}

run "a_bucket_takes_no_capitals" {
  command = plan

  module {
    source = "./bucket"
  }

  variables {
    name = "Logs"
  }

  expect_failures = [var.name]
}

run "a_buckets_name_has_room_for_account_and_region" {
  command = plan

  module {
    source = "./bucket"
  }

  variables {
    name = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
  }

  expect_failures = [var.name]
}

run "a_repository_takes_no_capitals" {
  command = plan

  module {
    source = "./registry"
  }

  variables {
    name = "Notes"
  }

  expect_failures = [var.name]
}

run "a_table_has_three_letters" {
  command = plan

  module {
    source = "./table"
  }

  variables {
    name = "ab"
  }

  expect_failures = [var.name]
}

run "a_budget_is_more_than_nothing" {
  command = plan

  module {
    source = "./monitoring"
  }

  variables {
    name           = "test"
    monthly_budget = 0
  }

  expect_failures = [var.monthly_budget]
}

run "alarms_go_to_a_mail_address" {
  command = plan

  module {
    source = "./monitoring"
  }

  variables {
    name  = "test"
    email = "operator"
  }

  expect_failures = [var.email]
}

run "the_bastion_takes_no_ecdsa_key" {
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
    ssh_public_key    = "ecdsa-sha2-nistp256 AAAA you"
  }

  expect_failures = [var.ssh_public_key]
}

run "a_key_is_one_line_that_a_shell_can_quote" {
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
    ssh_public_key    = "ssh-ed25519 AAAA it's mine"
  }

  expect_failures = [var.ssh_public_key]
}

run "an_instance_runs_a_digest_not_a_tag" {
  command = plan

  module {
    source = "./app_instances"
  }

  variables {
    name             = "test"
    target_group_arn = "t"
    server_name      = "tasks.example.org"
    source_directory = "./key"
    secrets          = { SECRET_KEY = "s" }
    key_arn          = "k"
    environment      = {}
    database_secrets = { app = "a", migrate = "m", master = "r" }
    files_policy     = "{}"
    network          = { subnet_ids = ["subnet-1"], security_group_id = "sg-1", balancer_ranges = [] }
    image            = { repository_url = "r/app", pull_policy = "{}", digest = "latest" }
  }

  expect_failures = [var.image]
}

run "a_connection_is_a_connection" {
  command = plan

  module {
    source = "./pipeline"
  }

  variables {
    name             = "test"
    source_code      = { repository = "a/b", branch = "main", connection_arn = "arn:aws:s3:::bucket" }
    image_repository = { name = "r", url = "r", push_policy = "{}" }
    digest_parameter = { name = "p", arn = "p" }
    instances        = { name = "g", arn = "g", target_group_arn = "t" }
    key_arn          = "arn:aws:kms:eu-central-1:123456789012:key/1"
  }

  expect_failures = [var.source_code]
}

run "a_cluster_needs_local_disks" {
  command = plan

  module {
    source = "./mysql"
  }

  variables {
    name              = "test"
    kind              = "cluster"
    instance_class    = "db.t4g.micro"
    subnet_ids        = ["subnet-1", "subnet-2", "subnet-3"]
    security_group_id = "sg-1"
    key_arn           = "arn:aws:kms:eu-central-1:123456789012:key/1"
    data_key_arn      = "arn:aws:kms:eu-central-1:123456789012:key/2"
  }

  expect_failures = [var.instance_class]
}

run "a_cluster_needs_three_zones" {
  command = plan

  module {
    source = "./mysql"
  }

  variables {
    name              = "test"
    kind              = "cluster"
    instance_class    = "db.c6gd.medium"
    subnet_ids        = ["subnet-1", "subnet-2"]
    security_group_id = "sg-1"
    key_arn           = "arn:aws:kms:eu-central-1:123456789012:key/1"
    data_key_arn      = "arn:aws:kms:eu-central-1:123456789012:key/2"
  }

  expect_failures = [var.kind]
}

run "mails_are_from_a_bare_address" {
  command = plan

  module {
    source = "./mail"
  }

  variables {
    name    = "test"
    key_arn = "k"
    from    = "Notes <notes@example.org>"
  }

  expect_failures = [var.from]
}

run "a_provider_is_reached_by_tls" {
  command = plan

  module {
    source = "./identity_provider"
  }

  variables {
    name              = "test"
    key_arn           = "k"
    domain            = "notes.example.org"
    provider_settings = { issuer = "http://accounts.example", client_id = "notes" }
  }

  expect_failures = [var.provider_settings]
}

run "a_provider_is_reached_at_port_443" {
  command = plan

  module {
    source = "./identity_provider"
  }

  variables {
    name              = "test"
    key_arn           = "k"
    domain            = "notes.example.org"
    provider_settings = { issuer = "https://accounts.example:8443", client_id = "notes" }
  }

  expect_failures = [var.provider_settings]
}

run "this_site_has_a_name_at_the_provider" {
  command = plan

  module {
    source = "./identity_provider"
  }

  variables {
    name              = "test"
    key_arn           = "k"
    domain            = "notes.example.org"
    provider_settings = { issuer = "https://accounts.example", client_id = "" }
  }

  expect_failures = [var.provider_settings]
}

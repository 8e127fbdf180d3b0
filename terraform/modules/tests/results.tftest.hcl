# What each of the smaller modules makes of its variables. But for `secret`: Terraform mocks no ephemeral values, so that
# one is asked back where it was applied.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_region" {
    defaults = { name = "eu-central-1" }
  }

  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] }
  }

  mock_data "aws_vpc_endpoint_service" {
    defaults = { service_name = "com.amazonaws.eu-central-1.some", availability_zones = ["eu-central-1a"] }
  }

  mock_data "aws_subnet" {
    defaults = { id = "subnet-1", availability_zone = "eu-central-1a" }
  }
}

variables {
  name    = "test"
  key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1"
}

run "an_image_never_moves_and_is_scanned" {
  command = plan

  module {
    source = "./registry"
  }

  assert {
    condition     = aws_ecr_repository.main.image_tag_mutability == "IMMUTABLE" && aws_ecr_repository.main.image_scanning_configuration[0].scan_on_push
    error_message = "Tags are immutable and each push is scanned."
  }

  assert {
    condition     = !aws_ecr_repository.main.force_delete
    error_message = "A destroy keeps the images unless it is told otherwise."
  }
}

run "the_table_is_keyed_and_indexed_as_the_app_asks_it" {
  command = plan

  module {
    source = "./table"
  }

  assert {
    condition     = [aws_dynamodb_table.entries.hash_key, aws_dynamodb_table.entries.range_key] == ["username", "timestamp"]
    error_message = "A person's entries lie together, in their order."
  }

  assert {
    condition     = one([for index in aws_dynamodb_table.entries.global_secondary_index : "${index.name} ${index.hash_key} ${index.range_key}"]) == "latest feed timestamp"
    error_message = "The latest entry is found without a scan."
  }

  assert {
    condition     = aws_dynamodb_table.entries.deletion_protection_enabled && aws_dynamodb_table.entries.point_in_time_recovery[0].enabled
    error_message = "The table refuses its deletion and can be put back."
  }
}

run "a_bucket_is_private_and_holds_a_directory" {
  command = plan

  module {
    source = "./bucket"
  }

  variables {
    files = { directory = "./key", prefix = "conf" }
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.main.block_public_acls, aws_s3_bucket_public_access_block.main.block_public_policy,
      aws_s3_bucket_public_access_block.main.ignore_public_acls, aws_s3_bucket_public_access_block.main.restrict_public_buckets,
    ])
    error_message = "Nothing in a bucket is ever public."
  }

  assert {
    condition     = contains(keys(aws_s3_object.file), "conf/main.tf")
    error_message = "Each file of the directory lies below the prefix."
  }

  assert {
    condition     = aws_s3_bucket.main[0].bucket == "test-123456789012-eu-central-1"
    error_message = "Bucket names are global: account and region make them unique."
  }
}

run "each_service_gets_a_private_endpoint" {
  command = plan

  module {
    source = "./endpoints"
  }

  variables {
    vpc_id            = "vpc-1"
    subnet_ids        = ["subnet-1"]
    security_group_id = "sg-1"
    services          = ["ssm", "logs"]
  }

  assert {
    condition     = keys(aws_vpc_endpoint.interface) == ["logs", "ssm"] && alltrue([for endpoint in aws_vpc_endpoint.interface : endpoint.subnet_ids == toset(["subnet-1"])])
    error_message = "One endpoint a service, in the given subnets."
  }

  assert {
    condition     = alltrue([for endpoint in aws_vpc_endpoint.interface : endpoint.private_dns_enabled])
    error_message = "The services' usual names lead to the endpoints."
  }
}

run "an_endpoint_is_only_where_its_service_is" {
  command = plan

  module {
    source = "./endpoints"
  }

  variables {
    vpc_id            = "vpc-1"
    subnet_ids        = ["subnet-1", "subnet-2"]
    security_group_id = "sg-1"
    services          = ["ssm"]
  }

  override_data {
    target = data.aws_subnet.given[1]
    values = { id = "subnet-2", availability_zone = "eu-central-1b" }
  }

  assert {
    condition     = aws_vpc_endpoint.interface["ssm"].subnet_ids == toset(["subnet-1"])
    error_message = "A zone without the service gets no endpoint."
  }
}

run "subnets_lie_in_the_zones_that_the_region_has" {
  command = plan

  module {
    source = "./network"
  }

  variables {
    public_subnets  = { a = { number = 1, zone = 0 }, b = { number = 2, zone = 1 } }
    private_subnets = { c = { number = 3, zone = 2 } }
  }

  override_data {
    target = data.aws_availability_zones.offered
    values = { names = ["ca-central-1d", "ca-central-1a", "ca-central-1b"] }
  }

  assert {
    condition     = [for subnet in concat(values(aws_subnet.public), values(aws_subnet.private)) : subnet.availability_zone] == ["ca-central-1a", "ca-central-1b", "ca-central-1d"]
    error_message = "Zones are asked for: not every region has a, b and c."
  }
}

run "subnets_are_numbered_ranges_of_the_vpc" {
  command = plan

  module {
    source = "./network"
  }

  variables {
    cidr            = "172.20.16.0/20"
    public_subnets  = { a = { number = 1, zone = 0 }, b = { number = 2, zone = 1 } }
    private_subnets = { c = { number = 13, zone = 2 } }
  }

  override_data {
    target = data.aws_availability_zones.offered
    values = { names = ["ca-central-1d", "ca-central-1a", "ca-central-1b"] }
  }

  assert {
    condition     = output.public_ranges == ["172.20.17.0/24", "172.20.18.0/24"] && output.private_ranges == ["172.20.29.0/24"]
    error_message = "A VPC of another range has its subnets inside it."
  }

  assert {
    condition     = [for subnet in aws_subnet.private : subnet.cidr_block] == output.private_ranges
    error_message = "The subnets have the ranges that the module tells."
  }
}

run "a_host_is_in_service_only_when_its_set_up_says_so" {
  command = plan

  module {
    source = "./host"
  }

  variables {
    subnet_ids        = ["subnet-1"]
    security_group_id = "sg-1"
    elastic_ip        = true
    setup             = "install_packages nginx"
    ready             = "curl --fail http://127.0.0.1/"
  }

  assert {
    condition     = aws_autoscaling_lifecycle_hook.set_up.default_result == "ABANDON" && one(aws_autoscaling_group.main.initial_lifecycle_hook).name == aws_autoscaling_lifecycle_hook.set_up.name
    error_message = "An instance that says nothing is replaced; the first one, too."
  }

  assert {
    condition     = one(aws_autoscaling_group.main.instance_refresh[0].preferences).min_healthy_percentage == 100 && aws_autoscaling_group.main.max_size == 2
    error_message = "The new instance comes before the old one goes, and has room to."
  }

  assert {
    condition     = one(aws_autoscaling_group.main.instance_refresh[0].preferences).auto_rollback != true
    error_message = "EC2 refuses auto_rollback for an image by resolve:ssm."
  }
}

run "a_key_of_data_is_not_destroyed" {
  command = plan

  module {
    source = "./data_key"
  }

  assert {
    condition     = aws_kms_key.main.enable_key_rotation
    error_message = "The key is rotated."
  }
}

run "a_failed_release_finds_the_revision_before" {
  command = plan

  module {
    source = "./app_service"
  }

  variables {
    cluster_name = "test"
    service_name = "test"
    image        = { repository_url = "r", pull_policy = "{}", digest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" }
    network      = { subnet_ids = ["subnet-1"], security_group_id = "sg-1" }
    logs         = { group = "/test", days = 7 }
  }

  override_resource {
    target = aws_ecs_cluster.main
    values = { arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/test" }
  }

  assert {
    condition     = alltrue([for definition in aws_ecs_task_definition.app : definition.skip_destroy])
    error_message = "A revision that is replaced stays active."
  }

  assert {
    condition     = aws_appautoscaling_target.tasks.min_capacity == 0 && aws_ecs_service.app.desired_count == 0
    error_message = "Before the first release nothing lifts the service: users and tables may be missing."
  }
}

run "what_is_not_there_is_not_watched" {
  command = plan

  module {
    source = "./monitoring"
  }

  variables {
    database = { dimensions = { DBInstanceIdentifier = "db" } }
  }

  assert {
    condition     = keys(aws_cloudwatch_metric_alarm.main) == ["database-connections", "database-cpu", "database-memory", "database-storage"]
    error_message = "A database alone has the database's alarms."
  }

  assert {
    condition     = length(aws_budgets_budget.monthly) == 0 && length(aws_sns_topic_subscription.email) == 0
    error_message = "Neither budget nor mail unless asked for."
  }
}

run "silence_of_nginx_is_an_alarm" {
  command = plan

  module {
    source = "./monitoring"
  }

  variables {
    nginx = { first = "notes-nginx" }
    email = "operator@example.org"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.main["nginx-down"].treat_missing_data == "breaching"
    error_message = "A host that reports nothing is down."
  }

  assert {
    condition     = aws_sns_topic_subscription.email[0].endpoint == "operator@example.org"
    error_message = "Alarms reach the operator."
  }
}

run "backups_are_kept_five_weeks_in_a_vault_that_refuses_its_deletion" {
  command = plan

  module {
    source = "./backup"
  }

  variables {
    resource_arns = ["arn:aws:rds:eu-central-1:123456789012:db:notes"]
  }

  assert {
    # RDS takes none from an hour before its own backup (02:00) until its maintenance ends (04:30 on Sundays).
    condition     = tonumber(regex("^cron\\(0 ([0-9]+) ", one(aws_backup_plan.daily.rule).schedule)[0]) >= 5
    error_message = "The copy is taken outside RDS's own windows."
  }

  assert {
    condition     = one(one(aws_backup_plan.daily.rule).lifecycle).delete_after == 35 && !aws_backup_vault.main.force_destroy
    error_message = "A daily backup lasts 35 days, and a destroy stops at it."
  }

  assert {
    condition     = aws_backup_selection.data.resources == toset(["arn:aws:rds:eu-central-1:123456789012:db:notes"])
    error_message = "What is named is backed up, and nothing else."
  }
}

run "the_door_keeps_its_logs_a_month_and_reports_under_its_name" {
  command = plan

  module {
    source = "./nginx_host"
  }

  variables {
    server_name       = "notes.example.org"
    email             = "operator@example.org"
    upstream          = "balancer:5000"
    source_directory  = "./key"
    subnet_ids        = ["subnet-1"]
    security_group_id = "sg-1"
  }

  assert {
    condition     = aws_cloudwatch_log_group.nginx.retention_in_days == 30
    error_message = "Logs are kept a month."
  }

  assert {
    condition     = output.metrics_namespaces == { first = "test" }
    error_message = "Alarms find the host's own figures."
  }
}

run "before_the_first_push_no_image_is_in_service" {
  command = plan

  module {
    source = "./app_instances"
  }

  variables {
    target_group_arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/t/1"
    server_name      = "tasks.example.org"
    source_directory = "./key"
    secrets          = { SECRET_KEY = "s" }
    environment      = {}
    database_secrets = { app = "a", migrate = "m", master = "r" }
    files_policy     = "{}"
    network          = { subnet_ids = ["subnet-1"], security_group_id = "sg-1", balancer_ranges = ["10.0.1.0/24"] }
    image            = { repository_url = "r/app", pull_policy = "{}" }
  }

  assert {
    condition     = aws_ssm_parameter.digest.value == "none"
    error_message = "An instance that finds no digest starts nothing."
  }
}

run "a_cluster_has_a_writer_and_a_reader_endpoint" {
  command = plan

  module {
    source = "./mysql"
  }

  variables {
    kind              = "cluster"
    instance_class    = "db.c6gd.medium"
    subnet_ids        = ["subnet-1", "subnet-2", "subnet-3"]
    security_group_id = "sg-1"
    data_key_arn      = "arn:aws:kms:eu-central-1:123456789012:key/2"
  }

  override_resource {
    target = aws_rds_cluster.main
    values = { endpoint = "writer", reader_endpoint = "reader" }
  }

  assert {
    condition     = length(aws_db_instance.main) == 0 && aws_rds_cluster.main[0].db_cluster_instance_class == "db.c6gd.medium"
    error_message = "A cluster stands in place of the instance."
  }

  assert {
    condition     = aws_rds_cluster.main[0].deletion_protection && !aws_rds_cluster.main[0].skip_final_snapshot
    error_message = "It is protected as the instance is."
  }

  assert {
    condition     = one([for parameter in aws_rds_cluster_parameter_group.main[0].parameter : parameter.value if parameter.name == "require_secure_transport"]) == "1"
    error_message = "It takes TLS only."
  }
}

run "a_server_of_your_own_needs_nothing_of_ses" {
  command = plan

  module {
    source = "./mail"
  }

  variables {
    from    = "notes@example.org"
    ses     = false
    zone_id = "Z0123456789ABC"
  }

  assert {
    condition     = aws_secretsmanager_secret.url.name == "test/mail-url"
    error_message = "There is a secret to fill in any case."
  }

  assert {
    condition     = length(aws_sesv2_email_identity.domain) + length(aws_iam_user.smtp) + length(aws_route53_record.dkim) == 0
    error_message = "No identity, no user, no records."
  }
}

run "a_provider_brings_nobody_new_unless_asked_for_and_is_called_by_its_host" {
  command = plan

  module {
    source = "./identity_provider"
  }

  variables {
    domain            = "notes.example.org"
    provider_settings = { issuer = "https://accounts.example/realms/house", client_id = "notes" }
  }

  assert {
    condition     = output.environment.OIDC_SIGN_UP == "0" && output.environment.OIDC_NAME == "accounts.example"
    error_message = "Sign-up by the provider is off, and its name is its host."
  }

  assert {
    condition     = output.answer_url == "https://notes.example.org/sign-in/provider/answer"
    error_message = "The provider sends people back to the site."
  }
}

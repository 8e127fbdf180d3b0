"""The notes app's composition: nginx on EC2, Fargate behind an internal load balancer, MySQL, a bastion."""

import base64
import gzip
import json
import re
from typing import Any

import pytest

from devtools.composition import DIGEST, Composition
from infra.every_composition import *  # noqa: F403 - the tests every composition passes
from infra.kept_files import *  # noqa: F403 - both with notes pass these
from infra.mutations import *  # noqa: F403 - faults planted into this one
from infra.questions import (
    accepted,
    bucket_of_files,
    container,
    groups,
    in_state,
    launch_template,
    may,
    name,
    rules,
    subnet_ids,
    subnets,
    unreadable_scripts,
    vpc,
    way_out,
)
from infra.reachability import matrix, places
from infra.tables import THREE_TIER

ADMIN = {"203.0.113.7/32": "admin"}

# The mission's table, the load balancer's own two rows, and the ways out.
ALLOWED = {
    ("world", "nginx", "80"),
    ("world", "nginx", "443"),
    ("admin", "bastion", "22"),
    ("nginx", "app", "5000"),
    ("app", "database", "3306"),
    ("bastion", "database", "3306"),
    ("nginx", "balancer", "5000"),
    ("balancer", "app", "5000"),
    ("nginx", "world", "80"),
    ("nginx", "world", "443"),
    ("bastion", "world", "80"),
    ("bastion", "world", "443"),
    ("app", "world", "443"),
}


@pytest.fixture(scope="module")
def composition(three_tier: Composition) -> Composition:
    return three_tier


def database(three_tier: Composition) -> dict[str, Any]:
    return dict(three_tier.client("rds").describe_db_instances(DBInstanceIdentifier="notes")["DBInstances"][0])


def balancer(three_tier: Composition) -> dict[str, Any]:
    return dict(three_tier.client("elbv2").describe_load_balancers(Names=["notes"])["LoadBalancers"][0])


def service(three_tier: Composition) -> dict[str, Any]:
    return dict(three_tier.client("ecs").describe_services(cluster="notes", services=["notes-app"])["services"][0])


def user_data(three_tier: Composition, group: str) -> str:
    return gzip.decompress(base64.b64decode(launch_template(three_tier, group)["UserData"])).decode()


def test_d5_the_vpc_is_rj_vpc_with_two_public_and_three_private_subnets_over_zones(three_tier: Composition) -> None:
    assert (name(vpc(three_tier)), vpc(three_tier)["CidrBlock"]) == ("RJ-VPC", "10.0.0.0/16")
    by_kind = {kind: [s for s in subnets(three_tier) if f"-{kind}-" in name(s)] for kind in ("public", "private")}
    assert {kind: len({s["AvailabilityZone"] for s in found}) for kind, found in by_kind.items()} == {
        "public": 2,
        "private": 3,
    }
    assert len(subnets(three_tier)) == 5
    assert all(s["MapPublicIpOnLaunch"] for s in by_kind["public"])
    assert not any(s["MapPublicIpOnLaunch"] for s in by_kind["private"])


def test_d5_public_subnets_lead_to_the_internet_gateway_and_private_ones_to_nat(three_tier: Composition) -> None:
    assert {way_out(three_tier, subnet) for subnet in subnet_ids(three_tier, "public")} == {"igw"}
    assert {way_out(three_tier, subnet) for subnet in subnet_ids(three_tier, "private")} == {"nat"}
    gateways = three_tier.client("ec2").describe_nat_gateways()["NatGateways"]
    assert [gateway["SubnetId"] in subnet_ids(three_tier, "public") for gateway in gateways] == [True]


def test_d5_without_nat_tasks_reach_aws_through_vpc_endpoints_and_nothing_else(three_tier: Composition) -> None:
    planned = three_tier.planned_changes("-var=nat=none")
    made = {address: change["after"] for address, change in planned.items() if change["actions"] == ["create"]}
    gone = {address for address, change in planned.items() if change["actions"] == ["delete"]}
    services = {after["service_name"].split(".", 3)[3] for after in made.values() if "service_name" in after}
    assert services == {"ecr.api", "ecr.dkr", "logs", "secretsmanager"}
    assert {'module.network.aws_nat_gateway.main["public-a"]', 'module.network.aws_route.nat["all"]'} <= gone
    outward = "module.security_groups.aws_vpc_security_group_egress_rule.main"
    assert f'{outward}["app to world 443"]' in gone
    assert {f'{outward}["app to endpoints 443"]', f'{outward}["app to s3 443"]'} <= made.keys()
    # An endpoint takes its service's name over for everybody in the VPC, so nginx's logs go there too.
    assert f'{outward}["nginx to endpoints 443"]' in made


def test_d6_nginx_runs_on_ubuntu_in_a_group_of_one_with_a_fixed_address(three_tier: Composition) -> None:
    group = three_tier.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=["notes-nginx"])[
        "AutoScalingGroups"
    ][0]
    assert (group["MinSize"], group["MaxSize"]) == (1, 2)
    assert set(group["VPCZoneIdentifier"].split(",")) == subnet_ids(three_tier, "public")
    assert "canonical/ubuntu" in launch_template(three_tier, "notes-nginx")["ImageId"]
    addresses = three_tier.client("ec2").describe_addresses(Filters=[{"Name": "tag:Name", "Values": ["notes-nginx"]}])[
        "Addresses"
    ]
    assert [address["PublicIp"] for address in addresses] == [three_tier.outputs["nginx_address"]]
    assert addresses[0]["AllocationId"] in user_data(three_tier, "notes-nginx")


def test_d6_nginx_renders_the_projects_files_towards_the_load_balancer(three_tier: Composition) -> None:
    script = user_data(three_tier, "notes-nginx")
    assert f"--upstream '{balancer(three_tier)['DNSName']}:5000'" in script
    assert "--server-name 'notes.example.org'" in script
    shipped = sorted(
        str(path.relative_to(three_tier.directory))
        for path in (three_tier.directory / "nginx").rglob("*")
        if path.is_file()
    )
    objects = (
        three_tier.client("s3")
        .list_objects_v2(Bucket=f"notes-nginx-files-123456789012-{three_tier.region}")
        .get("Contents", [])
    )
    assert sorted(found["Key"] for found in objects) == shipped


@pytest.mark.parametrize("host", ["notes-nginx", "notes-bastion"])
def test_a_host_takes_its_address_when_it_serves_and_is_replaced_if_it_never_does(
    three_tier: Composition, host: str
) -> None:
    script = user_data(three_tier, host)
    assert script.index("install_packages ") < script.index("until ready") < script.index("associate-address")
    assert script.index("associate-address") < script.index("answer_group CONTINUE")
    assert "DPkg::Lock::Timeout" in script
    once = [line for line in script.splitlines() if line.strip().startswith(("apt-get", "snap ", "aws s3"))]
    assert once == [], "once is not enough"
    [hook] = three_tier.client("autoscaling").describe_lifecycle_hooks(AutoScalingGroupName=host)["LifecycleHooks"]
    assert (hook["LifecycleHookName"], hook["DefaultResult"]) == ("set-up", "ABANDON")


def test_each_of_nginxs_logs_is_shipped_by_its_name(three_tier: Composition) -> None:
    pattern = re.compile(r"<<'CONFIGURATION'\n(.*?)^CONFIGURATION$", re.MULTILINE | re.DOTALL)
    written = pattern.search(user_data(three_tier, "notes-nginx"))
    assert written
    files = json.loads(written[1])["logs"]["logs_collected"]["files"]["collect_list"]
    assert [file["file_path"] for file in files] == ["/var/log/nginx/access.log", "/var/log/nginx/error.log"]
    assert len({file["log_stream_name"] for file in files}) == len(files)


@pytest.mark.parametrize("host", ["notes-nginx", "notes-bastion"])
def test_the_set_up_script_and_what_it_writes_are_shell(three_tier: Composition, host: str) -> None:
    assert unreadable_scripts(user_data(three_tier, host)) == []


def test_d6_certificates_outlive_the_host_in_an_encrypted_private_bucket(three_tier: Composition) -> None:
    s3, bucket = three_tier.client("s3"), f"notes-nginx-files-123456789012-{three_tier.region}"
    rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    assert may(three_tier, "notes-nginx", "s3:PutObject", f"arn:aws:s3:::{bucket}/letsencrypt.tar.gz")
    assert not may(three_tier, "notes-nginx", "s3:PutObject", f"arn:aws:s3:::{bucket}/nginx/nginx.conf")


def test_d7_the_service_runs_on_fargate_in_private_subnets_behind_the_target_group(three_tier: Composition) -> None:
    found = service(three_tier)
    network = found["networkConfiguration"]["awsvpcConfiguration"]
    assert (found["launchType"], found["desiredCount"], network["assignPublicIp"]) == ("FARGATE", 2, "DISABLED")
    assert set(network["subnets"]) == subnet_ids(three_tier, "private")
    assert [(entry["containerName"], entry["containerPort"]) for entry in found["loadBalancers"]] == [("app", 5000)]


def test_d7_the_load_balancer_is_internal_and_asks_the_process_only(three_tier: Composition) -> None:
    assert balancer(three_tier)["Scheme"] == "internal"
    target = three_tier.client("elbv2").describe_target_groups(LoadBalancerArn=balancer(three_tier)["LoadBalancerArn"])[
        "TargetGroups"
    ][0]
    assert (target["TargetType"], target["Port"], target["HealthCheckPath"]) == ("ip", 5000, "/livez")
    listener = three_tier.client("elbv2").describe_listeners(LoadBalancerArn=balancer(three_tier)["LoadBalancerArn"])[
        "Listeners"
    ]
    assert [(found["Port"], found["DefaultActions"][0]["Type"]) for found in listener] == [(5000, "forward")]


def test_d7_the_task_runs_the_pushed_image_by_digest_on_port_5000(three_tier: Composition) -> None:
    found = container(three_tier, "notes-app")
    assert found["image"] == f"{three_tier.outputs['ecr_repository_url']}@{DIGEST}"
    assert found["portMappings"][0]["containerPort"] == 5000
    assert found["readonlyRootFilesystem"] is True
    repository = three_tier.client("ecr").describe_repositories(repositoryNames=["notes"])["repositories"][0]
    assert (repository["imageTagMutability"], repository["imageScanningConfiguration"]["scanOnPush"]) == (
        "IMMUTABLE",
        True,
    )


def settings(three_tier: Composition, family: str) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in container(three_tier, family)["environment"]}


def test_d3_migrations_are_a_task_of_their_own_with_the_same_image(three_tier: Composition) -> None:
    release, serve = container(three_tier, "notes-app-release"), container(three_tier, "notes-app")
    assert release["command"] == ["flask", "db", "upgrade"]
    assert "command" not in serve
    assert (release["image"], release["secrets"]) == (serve["image"], serve["secrets"])
    differing = settings(three_tier, "notes-app-release").items() ^ settings(three_tier, "notes-app").items()
    assert {name for name, _ in differing} == {"DATABASE_SECRET"}


def test_d4_the_settings_hold_no_secret_and_name_the_proxies(three_tier: Composition) -> None:
    found = settings(three_tier, "notes-app")
    address = database(three_tier)["Endpoint"]["Address"]
    assert (found["PROXY_HOPS"], found["TRUSTED_HOSTS"]) == ("2", "notes.example.org")
    assert found["DATABASE_URL"] == f"mysql+pymysql://{address}:3306/notes"
    assert [entry["name"] for entry in container(three_tier, "notes-app")["secrets"]] == ["SECRET_KEY"]


def test_files_are_for_what_serves_and_for_commands_and_not_for_a_release(three_tier: Composition) -> None:
    name = bucket_of_files(three_tier)
    file, other = f"arn:aws:s3:::{name}/files/1/0f", f"arn:aws:s3:::{name}/other"
    may_read = {
        role
        for role in ("app", "app-release", "app-users", "app-commands")
        if may(three_tier, f"notes-{role}-task", "s3:GetObject", file)
    }
    assert may_read == {"app", "app-commands"}
    assert not may(three_tier, "notes-app-task", "s3:GetObject", other)
    assert not may(three_tier, "notes-app-execution", "s3:GetObject", file)


def test_the_app_keeps_files_in_the_bucket(three_tier: Composition) -> None:
    found = accepted(settings(three_tier, "notes-app"))
    assert (found["FILES_STORE"], found["FILES_BUCKET"]) == ("s3", bucket_of_files(three_tier))
    assert (found["FILES_PREFIX"], found["AWS_REGION"]) == ("files/", three_tier.region)


@pytest.mark.parametrize("family", ["notes-app", "notes-app-release", "notes-app-users"])
def test_d4_the_app_takes_the_settings_of_each_task(three_tier: Composition, family: str) -> None:
    given = settings(three_tier, family)
    assert accepted(given)["DATABASE_SECRET"] == given["DATABASE_SECRET"]


def database_secrets(three_tier: Composition) -> dict[str, str]:
    """The secrets with names and passwords of the database's users: user => ARN."""
    named = {s["Name"]: s["ARN"] for s in three_tier.client("secretsmanager").list_secrets()["SecretList"]}
    made = {user: named[f"notes/database-{user}"] for user in ("app", "migrate")}
    return made | {"master": database(three_tier)["MasterUserSecret"]["SecretArn"]}


def test_d4_each_database_user_has_a_long_password_of_its_own(three_tier: Composition) -> None:
    reads = three_tier.client("secretsmanager").get_secret_value
    arns = database_secrets(three_tier)
    values = {user: json.loads(reads(SecretId=arns[user])["SecretString"]) for user in ("app", "migrate")}
    assert {user: value["username"] for user, value in values.items()} == {"app": "app", "migrate": "migrate"}
    assert len({value["password"] for value in values.values() if len(value["password"]) == 64}) == 2


@pytest.mark.parametrize(
    ("family", "own"),
    [
        ("notes-app", ["app"]),
        ("notes-app-release", ["migrate"]),
        ("notes-app-users", ["master", "app", "migrate"]),
    ],
)
def test_d4_a_task_is_told_of_the_secrets_its_role_may_read_and_of_no_other(
    three_tier: Composition, family: str, own: list[str]
) -> None:
    arns = database_secrets(three_tier)
    told = {name: value for name, value in settings(three_tier, family).items() if name.endswith("_SECRET")}
    assert told["DATABASE_SECRET"] == arns[own[0]]
    assert set(told.values()) == {arns[user] for user in own}
    role = three_tier.client("ecs").describe_task_definition(taskDefinition=family)["taskDefinition"]["taskRoleArn"]
    readable = [
        user for user in arns if may(three_tier, role.split("/")[-1], "secretsmanager:GetSecretValue", arns[user])
    ]
    assert sorted(readable) == sorted(own)


def test_d8_the_database_is_mysql_multi_az_private_and_encrypted(three_tier: Composition) -> None:
    found = database(three_tier)
    assert (found["Engine"], found["DBName"], found["MultiAZ"]) == ("mysql", "notes", True)
    assert found["EngineVersion"].startswith("8.4")
    assert (found["PubliclyAccessible"], found["StorageEncrypted"], found["DeletionProtection"]) == (False, True, True)
    assert {subnet["SubnetIdentifier"] for subnet in found["DBSubnetGroup"]["Subnets"]} == subnet_ids(
        three_tier, "private"
    )
    assert found["BackupRetentionPeriod"] >= 7


def test_d8_the_database_refuses_connections_without_tls(three_tier: Composition) -> None:
    group = database(three_tier)["DBParameterGroups"][0]["DBParameterGroupName"]
    pages = three_tier.client("rds").get_paginator("describe_db_parameters").paginate(DBParameterGroupName=group)
    values = {p["ParameterName"]: p.get("ParameterValue") for page in pages for p in page["Parameters"]}
    assert values["require_secure_transport"] == "1"


def test_d9_the_bastion_is_in_a_public_subnet_and_tunnels_to_the_database_only(three_tier: Composition) -> None:
    group = three_tier.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=["notes-bastion"])[
        "AutoScalingGroups"
    ][0]
    assert set(group["VPCZoneIdentifier"].split(",")) == subnet_ids(three_tier, "public")
    assert f"install '{database(three_tier)['Endpoint']['Address']}:3306'" in user_data(three_tier, "notes-bastion")


def test_d9_ssh_is_for_the_operators_address_alone(three_tier: Composition) -> None:
    assert {peer for way, _, peer, port in rules(three_tier, ADMIN) if way == "in" and port == "22"} == {"admin"}


def test_d9_with_session_manager_nobody_may_open_port_22(three_tier: Composition) -> None:
    changes = three_tier.planned_changes("-refresh=false", "-var", "bastion_access=session-manager")
    rules_gone = [address for address, change in changes.items() if change["actions"] == ["delete"]]
    assert rules_gone == ['module.security_groups.aws_vpc_security_group_ingress_rule.main["admin to bastion 22"]']


def test_d10_the_security_groups_hold_the_table_and_nothing_else(three_tier: Composition) -> None:
    inward = {(peer, role, port) for way, role, peer, port in rules(three_tier, ADMIN) if way == "in"}
    outward = {(role, peer, port) for way, role, peer, port in rules(three_tier, ADMIN) if way == "out"}
    roles = set(groups(three_tier).values()) - {"default"}
    assert roles == {"nginx", "balancer", "app", "database", "bastion"}
    assert inward == {row for row in ALLOWED if row[1] in roles}
    assert outward == {row for row in ALLOWED if row[0] in roles}


def has_encrypted_disk_and_answers_only_to_imdsv2(three_tier: Composition, host: str) -> bool:
    template = launch_template(three_tier, host)
    disks = [(disk["Ebs"]["Encrypted"], disk["Ebs"]["DeleteOnTermination"]) for disk in template["BlockDeviceMappings"]]
    return disks == [(True, True)] and template["MetadataOptions"]["HttpTokens"] == "required"


def test_nginx_has_an_encrypted_disk_and_answers_only_to_imdsv2(three_tier: Composition) -> None:
    assert has_encrypted_disk_and_answers_only_to_imdsv2(three_tier, "notes-nginx")


def test_the_bastion_has_an_encrypted_disk_and_answers_only_to_imdsv2(three_tier: Composition) -> None:
    assert has_encrypted_disk_and_answers_only_to_imdsv2(three_tier, "notes-bastion")


def test_d10_every_pair_of_hosts_and_every_port(three_tier: Composition) -> None:
    assert matrix(three_tier, ADMIN) == THREE_TIER


def test_every_security_group_has_hosts(three_tier: Composition) -> None:
    assert set(places(three_tier)) == set(groups(three_tier).values()) - {"default"}


def test_the_task_may_read_its_database_password_and_nothing_else(three_tier: Composition) -> None:
    secret, arn = database_secrets(three_tier)["app"], "arn:aws:secretsmanager:eu-central-1:123456789012:secret:other"
    assert may(three_tier, "notes-app-task", "secretsmanager:GetSecretValue", secret)
    assert not may(three_tier, "notes-app-task", "secretsmanager:GetSecretValue", arn)
    for action in (
        "secretsmanager:PutSecretValue",
        "dynamodb:Scan",
        "s3:GetObject",
        "iam:PassRole",
        "ecs:UpdateService",
    ):
        assert not may(three_tier, "notes-app-task", action, secret)


def test_the_execution_role_may_pull_log_and_read_the_one_key(three_tier: Composition) -> None:
    key = container(three_tier, "notes-app")["secrets"][0]["valueFrom"]
    repository = three_tier.client("ecr").describe_repositories(repositoryNames=["notes"])["repositories"][0][
        "repositoryArn"
    ]
    assert may(three_tier, "notes-app-execution", "secretsmanager:GetSecretValue", key)
    assert may(three_tier, "notes-app-execution", "ecr:BatchGetImage", repository)
    assert not may(three_tier, "notes-app-execution", "ecr:PutImage", repository)
    assert not may(
        three_tier,
        "notes-app-execution",
        "secretsmanager:GetSecretValue",
        database(three_tier)["MasterUserSecret"]["SecretArn"],
    )


def test_d11_the_deploy_role_is_for_one_repository_and_passes_only_the_tasks_roles(three_tier: Composition) -> None:
    role = three_tier.client("iam").get_role(RoleName="notes-deploy")["Role"]
    conditions = role["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]["StringEquals"]
    assert conditions["token.actions.githubusercontent.com:sub"] == "repo:example/notes:environment:production"
    mine, other = ("arn:aws:iam::123456789012:role/" + name for name in ("notes-app-task", "admin"))
    assert may(three_tier, "notes-deploy", "iam:PassRole", mine, iam__PassedToService="ecs-tasks.amazonaws.com")
    assert not may(three_tier, "notes-deploy", "iam:PassRole", other, iam__PassedToService="ecs-tasks.amazonaws.com")
    assert not may(three_tier, "notes-deploy", "iam:PassRole", mine, iam__PassedToService="ec2.amazonaws.com")
    master = mine.replace("notes-app-task", "notes-app-users-task")
    assert not may(three_tier, "notes-deploy", "iam:PassRole", master, iam__PassedToService="ecs-tasks.amazonaws.com")


def test_each_task_does_jobs_beside_its_server_and_nothing_else_starts_them(three_tier: Composition) -> None:
    environment = {entry["name"]: entry["value"] for entry in container(three_tier, "notes-app")["environment"]}
    assert environment["RUN_JOBS"] == "1"
    assert three_tier.client("scheduler").list_schedules()["Schedules"] == []


def test_what_is_counted_in_the_log_of_the_tasks_has_an_alarm(three_tier: Composition) -> None:
    filters = three_tier.client("logs").describe_metric_filters(logGroupName="/ecs/notes")["metricFilters"]
    counted = {
        (one["metricNamespace"], one["metricName"]) for found in filters for one in found["metricTransformations"]
    }
    names = [
        f"notes-{name}" for name in ("refused-sign-ins", "lock-waits", "pool-exhausted", "database-silent", "clock-off")
    ]
    alarms = three_tier.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
    assert {(alarm["Namespace"], alarm["MetricName"]) for alarm in alarms} == counted
    assert len(counted) == len(names)


def test_what_rds_says_of_the_database_reaches_the_topic_of_the_alarms(three_tier: Composition) -> None:
    [target] = three_tier.client("events").list_targets_by_rule(Rule="notes-database")["Targets"]
    alarms = three_tier.client("cloudwatch").describe_alarms(AlarmNames=["notes-app-errors"])["MetricAlarms"]
    assert [target["Arn"]] == alarms[0]["AlarmActions"]
    topic = three_tier.client("sns").get_topic_attributes(TopicArn=target["Arn"])["Attributes"]
    services = [one["Principal"]["Service"] for one in json.loads(topic["Policy"])["Statement"]]
    assert "events.amazonaws.com" in services


def test_d11_the_revision_before_stays_active_for_a_deployment_to_go_back_to(three_tier: Composition) -> None:
    ecs = three_tier.client("ecs")

    def revision(name: str) -> dict[str, Any]:
        return dict(ecs.describe_task_definition(taskDefinition=name)["taskDefinition"])

    before = revision("notes-app")
    arguments = ("-refresh=false", '-target=module.app_service.aws_ecs_task_definition.app["serve"]')
    three_tier.apply(*arguments, "-var", "sign_up=closed")
    try:
        assert (
            ecs.describe_task_definition(taskDefinition="notes-app")["taskDefinition"]["revision"] > before["revision"]
        )
        old = ecs.describe_task_definition(taskDefinition=before["taskDefinitionArn"])["taskDefinition"]
        assert old["status"] == "ACTIVE"
    finally:
        three_tier.apply(*arguments)


def test_scaling_follows_cpu_and_requests_between_its_bounds(three_tier: Composition) -> None:
    scaling = three_tier.client("application-autoscaling")
    target = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"][0]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 6)
    policies = scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    metrics = {
        p["TargetTrackingScalingPolicyConfiguration"]["PredefinedMetricSpecification"]["PredefinedMetricType"]
        for p in policies
    }
    assert metrics == {"ECSServiceAverageCPUUtilization", "ALBRequestCountPerTarget"}


def test_alarms_watch_every_tier_and_call_the_operator(three_tier: Composition) -> None:
    alarms = three_tier.client("cloudwatch").describe_alarms(AlarmNamePrefix="notes-")["MetricAlarms"]
    watched = {alarm["AlarmName"].removeprefix("notes-") for alarm in alarms}
    assert watched >= {
        "app-errors",
        "balancer-errors",
        "latency",
        "healthy-hosts",
        "service-cpu",
        "database-connections",
        "nginx-down",
        "certificate-expiry",
    }
    topics = {action for alarm in alarms for action in alarm["AlarmActions"]}
    subscriptions = three_tier.client("sns").list_subscriptions_by_topic(TopicArn=topics.pop())["Subscriptions"]
    assert [found["Endpoint"] for found in subscriptions] == ["operator@example.org"]
    assert not topics


def test_the_database_is_copied_daily_into_a_vault_of_its_own(three_tier: Composition) -> None:
    backup = three_tier.client("backup")
    plan = backup.list_backup_plans()["BackupPlansList"][0]["BackupPlanId"]
    rule = backup.get_backup_plan(BackupPlanId=plan)["BackupPlan"]["Rules"][0]
    assert (rule["TargetBackupVaultName"], rule["Lifecycle"]["DeleteAfterDays"]) == ("notes", 35)
    selection = backup.list_backup_selections(BackupPlanId=plan)["BackupSelectionsList"][0]["SelectionId"]
    chosen = backup.get_backup_selection(BackupPlanId=plan, SelectionId=selection)["BackupSelection"]
    assert chosen["Resources"] == [database(three_tier)["DBInstanceArn"]]


def test_a_budget_warns_before_the_month_is_spent(three_tier: Composition) -> None:
    budgets = three_tier.client("budgets", "us-east-1")
    found = budgets.describe_budget(AccountId="123456789012", BudgetName="notes")["Budget"]
    warnings = budgets.describe_notifications_for_budget(AccountId="123456789012", BudgetName="notes")["Notifications"]
    assert found["BudgetLimit"] == {"Amount": "150", "Unit": "USD"}
    assert {warning["NotificationType"]: warning["Threshold"] for warning in warnings} == {
        "ACTUAL": 80,
        "FORECASTED": 100,
    }


def test_d11_a_failing_deployment_is_turned_back(three_tier: Composition) -> None:
    found = in_state(three_tier, "aws_ecs_service")[0]
    assert found["deployment_circuit_breaker"] == [{"enable": True, "rollback": True}]
    assert found["alarms"] == [{"alarm_names": ["notes-app-errors"], "enable": True, "rollback": True}]
    assert (found["deployment_minimum_healthy_percent"], found["deployment_maximum_percent"]) == (100, 200)

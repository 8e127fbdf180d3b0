"""The task manager's composition: two instances without SSH behind a load balancer, CloudFront and a pipeline."""

import base64
import gzip
import re
from typing import Any

import pytest

from devtools.composition import DIGEST, Composition
from infra.every_composition import *  # noqa: F403 - the tests every composition passes
from infra.kept_files import *  # noqa: F403 - both with notes pass these
from infra.questions import (
    accepted,
    bucket_of_files,
    groups,
    launch_template,
    may,
    records,
    rules,
    subnet_ids,
    subnets,
    unreadable_scripts,
    way_out,
)
from infra.reachability import matrix
from infra.tables import TASK_MANAGER_WITH_CLOUDFRONT

ALLOWED = {
    ("cloudfront", "balancer", "443"),
    ("balancer", "app", "80"),
    ("app", "database", "3306"),
    ("app", "world", "80"),
    ("app", "world", "443"),
}


@pytest.fixture(scope="module")
def composition(task_manager: Composition) -> Composition:
    return task_manager


def cloudfront_list(task_manager: Composition) -> dict[str, str]:
    lists = task_manager.client("ec2").describe_managed_prefix_lists()["PrefixLists"]
    return {entry["PrefixListId"]: "cloudfront" for entry in lists if "cloudfront" in entry["PrefixListName"]}


def group(task_manager: Composition) -> dict[str, Any]:
    found = task_manager.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=["task-manager"])
    return dict(found["AutoScalingGroups"][0])


def target_group(task_manager: Composition) -> dict[str, Any]:
    return dict(task_manager.client("elbv2").describe_target_groups(Names=["flask-app-targets"])["TargetGroups"][0])


def setup(task_manager: Composition) -> str:
    return script(launch_template(task_manager, "task-manager")["UserData"])


def script(user_data: str) -> str:
    return gzip.decompress(base64.b64decode(user_data)).decode()


def settings(script: str) -> dict[str, str]:
    """What the set-up script writes down for the app."""
    written = re.search(r"<<'ENVIRONMENT'\n(.*?)^ENVIRONMENT$", script, re.MULTILINE | re.DOTALL)
    assert written
    return dict(line.split("=", 1) for line in written[1].splitlines())


def test_c4_the_set_up_script_and_what_it_writes_are_shell(task_manager: Composition) -> None:
    assert unreadable_scripts(setup(task_manager)) == []


def test_c2_the_load_balancer_checks_health_every_30_seconds_and_twice_before_it_forwards(
    task_manager: Composition,
) -> None:
    found = target_group(task_manager)
    assert (found["HealthCheckPath"], found["HealthCheckIntervalSeconds"], found["HealthyThresholdCount"]) == (
        "/health",
        30,
        2,
    )


def test_c2_probes_and_figures_are_hidden_from_the_internet(task_manager: Composition) -> None:
    elb = task_manager.client("elbv2")
    balancer = elb.describe_load_balancers(Names=["task-manager"])["LoadBalancers"][0]
    listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    for listener in listeners:
        hidden = [
            rule
            for rule in elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
            if rule["Actions"][0]["Type"] == "fixed-response"
        ]
        assert set(hidden[0]["Conditions"][0]["PathPatternConfig"]["Values"]) == {
            "/health",
            "/readyz",
            "/metrics",
            "/pool-stats",
        }
    assert {listener["Port"] for listener in listeners} == {80, 443}


def test_c3_an_instance_has_one_process_with_a_pool_of_five(task_manager: Composition) -> None:
    lines = setup(task_manager).splitlines()
    assert {"WEB_CONCURRENCY=1", "DATABASE_POOL_SIZE=5", "PROXY_HOPS=1", "BIND=127.0.0.1"} <= set(lines)


def test_c5_the_app_logs_in_to_the_database_as_a_user_who_cannot_change_its_tables(task_manager: Composition) -> None:
    secrets = {s["Name"]: s["ARN"] for s in task_manager.client("secretsmanager").list_secrets()["SecretList"]}
    options = re.findall(
        r"^  (app|migrate)\) options=\(--env DATABASE_SECRET='(.*?)'\)", setup(task_manager), re.MULTILINE
    )
    assert dict(options) == {user: secrets[f"task-manager/database-{user}"] for user in ("app", "migrate")}


def test_c3_the_app_takes_the_settings_of_an_instance(task_manager: Composition) -> None:
    secrets = re.findall(r"--env DATABASE_SECRET='(.*?)'", setup(task_manager))
    read = [accepted(settings(setup(task_manager)) | {"DATABASE_SECRET": arn}) for arn in secrets]
    assert [found["DATABASE_SECRET"] for found in read] == secrets
    assert read[0]["SESSION_COOKIE_SECURE"]
    assert len(secrets) == 3  # the app with its jobs, the migration, and the step that makes users


def test_the_app_keeps_files_in_the_bucket(task_manager: Composition) -> None:
    [secret] = re.findall(r"app\) options=\(--env DATABASE_SECRET='(.*?)'", setup(task_manager))
    found = accepted(settings(setup(task_manager)) | {"DATABASE_SECRET": secret})
    assert (found["FILES_STORE"], found["FILES_BUCKET"]) == ("s3", bucket_of_files(task_manager))
    assert (found["FILES_PREFIX"], found["AWS_REGION"]) == ("files/", task_manager.region)
    file = f"arn:aws:s3:::{bucket_of_files(task_manager)}/files/1/0f"
    assert may(task_manager, "task-manager", "s3:PutObject", file)
    assert not may(task_manager, "task-manager", "s3:PutObject", file.replace("/files/", "/other/"))


def test_c4_two_t3_micro_stand_in_private_subnets_of_two_zones(task_manager: Composition) -> None:
    found = group(task_manager)
    assert (found["MinSize"], found["MaxSize"], launch_template(task_manager, "task-manager")["InstanceType"]) == (
        2,
        4,
        "t3.micro",
    )
    assert set(found["VPCZoneIdentifier"].split(",")) == subnet_ids(task_manager, "private")
    zones = {
        s["AvailabilityZone"] for s in subnets(task_manager) if s["SubnetId"] in subnet_ids(task_manager, "private")
    }
    assert zones == {"ap-south-1a", "ap-south-1b"}


def test_c4_the_targets_take_turns_on_port_80_where_nginx_listens(task_manager: Composition) -> None:
    found = target_group(task_manager)
    assert (found["TargetType"], found["Port"]) == ("instance", 80)
    attributes = task_manager.client("elbv2").describe_target_group_attributes(TargetGroupArn=found["TargetGroupArn"])[
        "Attributes"
    ]
    assert {a["Key"]: a["Value"] for a in attributes}["load_balancing.algorithm.type"] == "round_robin"
    assert found["TargetGroupArn"] in group(task_manager)["TargetGroupARNs"]


def test_c4_an_instance_serves_before_the_group_puts_it_into_service(task_manager: Composition) -> None:
    hooks = task_manager.client("autoscaling").describe_lifecycle_hooks(AutoScalingGroupName="task-manager")
    [hook] = hooks["LifecycleHooks"]
    assert (hook["LifecycleTransition"], hook["DefaultResult"]) == ("autoscaling:EC2_INSTANCE_LAUNCHING", "ABANDON")
    script = setup(task_manager)
    assert "http://127.0.0.1:5000/health" in script
    assert script.index("until ready") < script.index("answer_group CONTINUE")
    assert may(
        task_manager, "task-manager", "autoscaling:CompleteLifecycleAction", group(task_manager)["AutoScalingGroupARN"]
    )


def test_each_instance_does_jobs_beside_its_server_and_nothing_else_starts_them(task_manager: Composition) -> None:
    script = setup(task_manager)
    assert settings(script)["RUN_JOBS"] == "1"
    assert ".timer" not in script


def test_with_mail_an_instance_reads_the_secret_that_a_person_fills(task_manager: Composition) -> None:
    assert "MAIL_URL" not in setup(task_manager)
    planned = task_manager.plan("-refresh=false", '-var=mail={"from":"tasks@example.org","ses":false,"port":587}')
    with_mail = planned.one("aws_launch_template", name="task-manager")
    assert [rule["to_port"] for rule in planned.values("aws_vpc_security_group_egress_rule")].count(587) == 1
    assert planned.of("aws_sesv2_email_identity") == []
    assert planned.one("aws_secretsmanager_secret", name="task-manager/mail-url")
    assert "user_data" not in with_mail, "known once the secret has an ARN"


def test_c4_nginx_takes_x_forwarded_for_from_the_load_balancers_subnets_only(task_manager: Composition) -> None:
    script = setup(task_manager)
    assert "--front instance --server-name 'tasks.example.org' --upstream 127.0.0.1:5000" in script
    assert "--trusted-proxy '10.0.11.0/24' --trusted-proxy '10.0.12.0/24'" in script


def test_c5_nobody_can_use_ssh_and_no_endpoint_is_paid_for_beside_the_nat_gateway(task_manager: Composition) -> None:
    assert not [rule for rule in rules(task_manager) if rule[3] == "22"]
    assert "KeyName" not in launch_template(task_manager, "task-manager")
    endpoints = task_manager.client("ec2").describe_vpc_endpoints()["VpcEndpoints"]
    assert [e["ServiceName"] for e in endpoints if e["VpcEndpointType"] == "Interface"] == []
    assert may(task_manager, "task-manager", "ssmmessages:OpenControlChannel", "*")


def test_c5_the_instances_may_read_their_own_secrets_and_image_only(task_manager: Composition) -> None:
    secrets = {s["Name"]: s["ARN"] for s in task_manager.client("secretsmanager").list_secrets()["SecretList"]}
    own = "arn:aws:ecr:ap-south-1:123456789012:repository/task-manager"
    assert may(task_manager, "task-manager", "secretsmanager:GetSecretValue", secrets["task-manager/secret-key"])
    assert may(task_manager, "task-manager", "ecr:BatchGetImage", own)
    assert not may(task_manager, "task-manager", "ecr:BatchGetImage", own + "-other")
    assert not may(task_manager, "task-manager", "ecr:PutImage", own)
    assert not may(
        task_manager, "task-manager", "secretsmanager:GetSecretValue", secrets["task-manager/secret-key"] + "-other"
    )


def test_c_the_security_groups_hold_the_table_and_nothing_else(task_manager: Composition) -> None:
    found = rules(task_manager, cloudfront_list(task_manager))
    roles = set(groups(task_manager).values()) - {"default"}
    assert {(peer, role, port) for way, role, peer, port in found if way == "in"} == {
        row for row in ALLOWED if row[1] in roles
    }
    assert {(role, peer, port) for way, role, peer, port in found if way == "out"} == {
        row for row in ALLOWED if row[0] in roles
    }


def test_c_every_pair_of_hosts_and_every_port(task_manager: Composition) -> None:
    assert matrix(task_manager, cloudfront_list(task_manager)) == TASK_MANAGER_WITH_CLOUDFRONT


def test_c_instances_go_out_through_nat_only(task_manager: Composition) -> None:
    assert {way_out(task_manager, subnet) for subnet in subnet_ids(task_manager, "private")} == {"nat"}


def test_c7_cloudfront_uses_tls_on_both_sides_and_has_a_firewall(task_manager: Composition) -> None:
    found = task_manager.client("cloudfront").list_distributions()["DistributionList"]["Items"][0]
    assert found["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "redirect-to-https"
    assert vpc_origin(task_manager)["OriginProtocolPolicy"] == "https-only"
    firewalls = task_manager.client("wafv2", "us-east-1").list_web_acls(Scope="CLOUDFRONT")["WebACLs"]
    assert [firewall["ARN"] for firewall in firewalls] == [found["WebACLId"]]


def vpc_origin(task_manager: Composition) -> dict[str, Any]:
    cloudfront = task_manager.client("cloudfront")
    distribution = cloudfront.list_distributions()["DistributionList"]["Items"][0]
    identifier = distribution["Origins"]["Items"][0]["VpcOriginConfig"]["VpcOriginId"]
    return dict(cloudfront.get_vpc_origin(Id=identifier)["VpcOrigin"]["VpcOriginEndpointConfig"])


def test_c7_the_load_balancer_has_no_public_address_by_which_another_distribution_could_pass(
    task_manager: Composition,
) -> None:
    balancer = task_manager.client("elbv2").describe_load_balancers(Names=["task-manager"])["LoadBalancers"][0]
    assert balancer["Scheme"] == "internal"
    assert {zone["SubnetId"] for zone in balancer["AvailabilityZones"]} == subnet_ids(task_manager, "private")
    assert vpc_origin(task_manager)["Arn"] == balancer["LoadBalancerArn"]


def test_c7_nginx_logs_the_visitors_address_and_not_cloudfronts(task_manager: Composition) -> None:
    """The last entry of X-Forwarded-For is CloudFront's, not the load balancer's."""
    elb = task_manager.client("elbv2")
    balancer = elb.describe_load_balancers(Names=["task-manager"])["LoadBalancers"][0]["LoadBalancerArn"]
    attributes = elb.describe_load_balancer_attributes(LoadBalancerArn=balancer)["Attributes"]
    assert {"Key": "routing.http.xff_header_processing.mode", "Value": "preserve"} in attributes


def test_with_a_zone_both_certificates_are_ordered_and_proven_by_one_record(task_manager: Composition) -> None:
    proofs = set()
    for region in ("ap-south-1", "us-east-1"):
        acm = task_manager.client("acm", region)
        [summary] = acm.list_certificates()["CertificateSummaryList"]
        found = acm.describe_certificate(CertificateArn=summary["CertificateArn"])["Certificate"]
        assert (found["DomainName"], found["Status"]) == ("tasks.example.org", "ISSUED")
        proofs.add(found["DomainValidationOptions"][0]["ValidationMethod"])
    assert proofs == {"DNS"}
    assert [kind for name, kind in records(task_manager) if name.startswith("_")] == ["CNAME"]


def test_with_a_zone_the_domain_leads_to_cloudfront(task_manager: Composition) -> None:
    distribution = task_manager.client("cloudfront").list_distributions()["DistributionList"]["Items"][0]
    leads_to = {kind: records(task_manager)["tasks.example.org", kind][0]["AliasTarget"] for kind in ("A", "AAAA")}
    assert {alias["DNSName"].rstrip(".") for alias in leads_to.values()} == {distribution["DomainName"]}


def test_c7_the_pipeline_goes_from_source_to_build_to_release(task_manager: Composition) -> None:
    found = task_manager.client("codepipeline").get_pipeline(name="task-manager")["pipeline"]
    assert [stage["name"] for stage in found["stages"]] == ["Source", "Build", "Release"]
    parameter = task_manager.client("ssm").get_parameter(Name=task_manager.outputs["digest_parameter"])["Parameter"]
    assert parameter["Value"] == DIGEST


def test_c7_what_builds_cannot_release_and_what_releases_cannot_push(task_manager: Composition) -> None:
    own = "arn:aws:ecr:ap-south-1:123456789012:repository/task-manager"
    refresh = group(task_manager)["AutoScalingGroupARN"]
    assert may(task_manager, "task-manager-build", "ecr:PutImage", own)
    assert may(task_manager, "task-manager-build", "ecr:DescribeImageScanFindings", own)
    assert not may(task_manager, "task-manager-release", "ecr:PutImage", own)
    assert may(task_manager, "task-manager-release", "autoscaling:StartInstanceRefresh", refresh)
    assert not may(task_manager, "task-manager-build", "autoscaling:StartInstanceRefresh", refresh)


def test_c7_alarms_and_a_dashboard_show_every_tier(task_manager: Composition) -> None:
    alarms = {
        a["AlarmName"].removeprefix("task-manager-")
        for a in task_manager.client("cloudwatch").describe_alarms()["MetricAlarms"]
    }
    assert alarms >= {"app-errors", "latency", "healthy-hosts", "instance-cpu", "database-cpu", "database-storage"}
    dashboards = task_manager.client("cloudwatch").list_dashboards()["DashboardEntries"]
    assert [entry["DashboardName"] for entry in dashboards] == ["task-manager"]


def test_c7_without_a_certificate_browsers_keep_the_cookie_over_plain_http(task_manager: Composition) -> None:
    plain = task_manager.directory / "plain.tfvars.json"
    plain.write_text('{"zone_id": null, "cdn": null}')
    planned = task_manager.planned_changes(f"-var-file={plain}")
    template = next(change["after"] for address, change in planned.items() if "aws_launch_template" in address)
    assert settings(script(template["user_data"]))["PLAIN_HTTP"] == "1"
    assert " --scheme any " in script(template["user_data"])

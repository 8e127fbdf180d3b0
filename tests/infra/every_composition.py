"""What holds for each composition: it is stable, keeps no secret, shows drift, and leaves nothing behind.

Each composition's test file imports these tests, so that one worker applies it and asks all of them.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from devtools.aws_authorization import Question, is_allowed, roles, roles_with_awss_policies
from devtools.composition import GAP, Composition
from infra.deployer import not_allowed
from infra.drawn import *  # noqa: F403 - two more
from infra.needs import NEVER, Resources, allowed_somewhere, denied, needs, without_one
from infra.questions import buckets_of_files, groups, rules, vpc

# What moto forgets or invents, so that a second plan wants to set it again: (resource type, attribute) => reason.
EMULATOR_GAPS = {
    ("aws_budgets_budget", "tags_all"): "tags are not kept",
    ("aws_appautoscaling_target", "tags_all"): "tags are not kept",
    ("aws_backup_plan", "tags_all"): "tags are not kept",
    ("aws_backup_vault", "tags_all"): "tags are not kept",
    ("aws_sesv2_email_identity", "tags_all"): "tags are not kept",
    ("aws_autoscaling_lifecycle_hook", "notification_target_arn"): "invented",
    ("aws_autoscaling_lifecycle_hook", "role_arn"): "invented",
    ("aws_rds_cluster", "monitoring_interval"): "not kept",
    ("aws_rds_cluster", "monitoring_role_arn"): "not kept",
    ("aws_rds_cluster", "scaling_configuration"): "invented",
    ("aws_ecs_service", "enable_ecs_managed_tags"): "not kept",
    ("aws_ecs_service", "availability_zone_rebalancing"): "not kept",
    ("aws_ecs_service", "health_check_grace_period_seconds"): "not kept",
    ("aws_vpc_security_group_ingress_rule", "description"): "kept for address ranges only",
    ("aws_vpc_security_group_egress_rule", "description"): "kept for address ranges only",
}


def changed(change: dict[str, Any]) -> set[str]:
    before, after = change["before"] or {}, change["after"] or {}
    return {key for key in after if before.get(key) != after.get(key)} | {
        key for key in change["after_unknown"] if change["after_unknown"][key] is True
    }


def kind_of(address: str) -> str:
    """The resource's type; it and the modules it stands in may have an index, in which there may be anything."""
    return re.sub(r"\[[^\]]*\]", "", address).split(".")[-2]


def test_a_second_plan_changes_nothing(
    composition: Composition, record_property: Callable[[str, object], None]
) -> None:
    gaps, surprises = set(), {}
    for address, change in composition.planned_changes().items():
        kind = kind_of(address)
        unknown = {key for key in changed(change) if (kind, key) not in EMULATOR_GAPS}
        gaps |= {(kind, key) for key in changed(change)} & set(EMULATOR_GAPS)
        if unknown or change["actions"] != ["update"]:
            surprises[address] = (change["actions"], unknown)
    for gap in sorted(gaps):
        record_property(GAP, f"{'.'.join(gap)}: {EMULATOR_GAPS[gap]}")
    assert surprises == {}


def test_awss_own_models_took_every_request(composition: Composition) -> None:
    """Of the apply, and of whatever was asked since; the emulator refuses the others, and counts both."""
    asked = composition.requests()
    assert asked["refused"] == []
    # How many there are by now depends on which tests came before; each resource took one to make and one to read.
    assert sum(asked["passed"].values()) > 2 * len(composition.state().addresses)
    assert {"ec2.CreateVpc", "iam.PutRolePolicy", "ec2.CreateSecurityGroup"} <= asked["passed"].keys()


# What names a thing in its account, and what is named within something else.
NAMES = (
    "name",
    "identifier",
    "final_snapshot_identifier",
    "bucket",
    "alarm_name",
    "dashboard_name",
    "cluster_identifier",
)
INSIDE = {
    "aws_route53_record",
    "aws_iam_role_policy",
    "aws_iam_user_policy",
    "aws_autoscaling_policy",
    "aws_appautoscaling_policy",
    "aws_autoscaling_lifecycle_hook",
    "aws_default_security_group",
}


def test_a_second_environment_in_the_account_shares_no_name(composition: Composition) -> None:
    planned = composition.planned_changes("-refresh=false", "-var=environment=dev")
    shared = {
        f"{resource['type']} {values[key]}"
        for resource in json.loads(composition.state_file())["resources"]
        if resource["mode"] == "managed" and resource["type"] not in INSIDE
        for instance in resource["instances"]
        for values in [instance["attributes"]]
        for key in NAMES
        if values.get(key) and values[key] == after(planned, resource, instance)[key]
    }
    assert shared == set()


def after(planned: dict[str, dict[str, Any]], resource: dict[str, Any], instance: dict[str, Any]) -> dict[str, Any]:
    """What a plan makes of an instance in the state; what it does not touch stays."""
    place = ".".join(part for part in (resource.get("module"), resource["type"], resource["name"]) if part)
    index = f"[{json.dumps(instance['index_key'])}]" if "index_key" in instance else ""
    change = planned.get(place + index, {})
    unknown = {key: "" for key, is_unknown in change.get("after_unknown", {}).items() if is_unknown is True}
    return dict(instance["attributes"]) | (change.get("after") or {}) | unknown


def test_no_secret_is_in_the_state(composition: Composition) -> None:
    secrets = composition.client("secretsmanager")
    values = [
        secrets.get_secret_value(SecretId=found["ARN"])["SecretString"]
        for found in secrets.list_secrets()["SecretList"]
    ]
    assert values
    words = [word for value in values for word in (json.loads(value).values() if value.startswith("{") else [value])]
    passwords = [str(word) for word in words if len(str(word)) >= 12]
    assert passwords
    assert [password for password in passwords if password in composition.state_file()] == []


def test_the_default_security_group_allows_nothing(composition: Composition) -> None:
    assert "default" in groups(composition).values()
    assert {rule for rule in rules(composition) if rule[1] == "default"} == set()


def test_no_resource_has_a_wildcard_over_a_whole_service(composition: Composition) -> None:
    iam = composition.client("iam")
    found = []
    for role in iam.list_roles()["Roles"]:
        for policy in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=policy)["PolicyDocument"]
            for statement in document["Statement"]:
                actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
                found += [(role["RoleName"], action) for action in actions if action == "*" or action.endswith(":*")]
    assert found == []


def test_the_flow_of_every_packet_is_recorded(composition: Composition) -> None:
    logs = composition.client("ec2").describe_flow_logs(
        Filters=[{"Name": "resource-id", "Values": [vpc(composition)["VpcId"]]}]
    )["FlowLogs"]
    assert [log["TrafficType"] for log in logs] == ["ALL"]


def test_every_log_group_has_a_retention(composition: Composition) -> None:
    found = composition.client("logs").describe_log_groups()["logGroups"]
    assert {
        group["logGroupName"]: group.get("retentionInDays") for group in found if "retentionInDays" not in group
    } == {}
    assert found


def test_a_rule_added_by_hand_is_seen(composition: Composition) -> None:
    ec2, before = composition.client("ec2"), rules(composition)
    group = next(group for group, role in groups(composition).items() if role == "app")
    opened = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[opened])
    try:
        assert rules(composition) - before == {("in", "app", "world", "22")}
    finally:
        ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[opened])
    assert rules(composition) == before


def test_a_setting_changed_by_hand_is_planned_back(composition: Composition) -> None:
    ec2 = composition.client("ec2")
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc(composition)["VpcId"]]}])["Subnets"]
    public = next(subnet["SubnetId"] for subnet in subnets if subnet["MapPublicIpOnLaunch"])
    ec2.modify_subnet_attribute(SubnetId=public, MapPublicIpOnLaunch={"Value": False})
    try:
        changes = composition.planned_changes()
        assert any(
            "aws_subnet.public" in address and changed(change) == {"map_public_ip_on_launch"}
            for address, change in changes.items()
        )
    finally:
        ec2.modify_subnet_attribute(SubnetId=public, MapPublicIpOnLaunch={"Value": True})


def of_data(key: dict[str, Any]) -> bool:
    """Whether the key is one that a destroy keeps."""
    return bool(key["Description"].startswith("Databases and files of "))


def left_behind(composition: Composition) -> dict[str, list[Any]]:
    """What a destroyed composition would still be paid for, or stand in the way of the next one."""

    def names(service: str, call: str, listed: str, name: str, region: str | None = None, **given: Any) -> list[Any]:
        found = getattr(composition.client(service, region), call)(**given)[listed]
        return [entry[name] if name else entry for entry in found]

    own_vpcs: dict[str, Any] = {"Filters": [{"Name": "is-default", "Values": ["false"]}]}
    gateways = composition.client("ec2").describe_nat_gateways()["NatGateways"]
    ecs, kms = composition.client("ecs"), composition.client("kms")
    # A deleted cluster can still be asked for, and a key is kept for a while lest it was deleted by mistake.
    # Disks go with their instances (a setting of the launch template); the emulator leaves them.
    clusters = ecs.describe_clusters(clusters=ecs.list_clusters()["clusterArns"])["clusters"]
    keys = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]]
    keys = [key for key in keys if not key["Description"].startswith("Default ")]  # AWS's own
    roles = composition.client("iam").list_roles()["Roles"]
    distributions = composition.client("cloudfront").list_distributions()["DistributionList"].get("Items", [])
    found = {
        "vpcs": names("ec2", "describe_vpcs", "Vpcs", "VpcId", **own_vpcs),
        "addresses": names("ec2", "describe_addresses", "Addresses", "PublicIp"),
        "launch templates": names("ec2", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateName"),
        "nat gateways": [gateway["NatGatewayId"] for gateway in gateways if gateway["State"] != "deleted"],
        "groups": names("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", "AutoScalingGroupName"),
        "databases": names("rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
        "database clusters": names("rds", "describe_db_clusters", "DBClusters", "DBClusterIdentifier"),
        "balancers": names("elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerName"),
        "target groups": names("elbv2", "describe_target_groups", "TargetGroups", "TargetGroupName"),
        "buckets": names("s3", "list_buckets", "Buckets", "Name"),
        "tables": names("dynamodb", "list_tables", "TableNames", ""),
        "clusters": [cluster["clusterName"] for cluster in clusters if cluster["status"] == "ACTIVE"],
        "repositories": names("ecr", "describe_repositories", "repositories", "repositoryName"),
        "secrets": names("secretsmanager", "list_secrets", "SecretList", "Name"),
        "parameters": names("ssm", "describe_parameters", "Parameters", "Name"),
        "logs": names("logs", "describe_log_groups", "logGroups", "logGroupName"),
        "alarms": names("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
        "dashboards": names("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
        "topics": names("sns", "list_topics", "Topics", "TopicArn"),
        "schedules": names("scheduler", "list_schedules", "Schedules", "Name"),
        "vaults": names("backup", "list_backup_vaults", "BackupVaultList", "BackupVaultName"),
        "keys": [key["Description"] for key in keys if key["KeyState"] != "PendingDeletion" and not of_data(key)],
        "roles": [role["RoleName"] for role in roles if "/aws-service-role/" not in role["Path"]],
        "users": names("iam", "list_users", "Users", "UserName"),
        "mail identities": names("sesv2", "list_email_identities", "EmailIdentities", "IdentityName"),
        "identity providers": names("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList", "Arn"),
        "distributions": [distribution["Id"] for distribution in distributions],
        "firewalls": names("wafv2", "list_web_acls", "WebACLs", "Name", "us-east-1", Scope="CLOUDFRONT"),
        "builds": names("codebuild", "list_projects", "projects", ""),
        "pipelines": names("codepipeline", "list_pipelines", "pipelines", "name"),
    }
    return {kind: left for kind, left in found.items() if left}


def test_what_would_be_left_behind_is_seen_while_it_stands(composition: Composition) -> None:
    assert set(left_behind(composition)) >= {"vpcs", "secrets", "roles", "logs", "alarms", "dashboards", "topics"}


def test_data_refuses_to_be_deleted(composition: Composition) -> None:
    databases = composition.client("rds").describe_db_instances()["DBInstances"]
    tables = composition.client("dynamodb").list_tables()["TableNames"]
    clusters = composition.client("rds").describe_db_clusters()["DBClusters"]
    assert databases or tables or clusters
    for cluster in clusters:
        with pytest.raises(ClientError, match=r"(?i)protect"):
            composition.client("rds").delete_db_cluster(
                DBClusterIdentifier=cluster["DBClusterIdentifier"], SkipFinalSnapshot=True
            )
    for database in databases:
        with pytest.raises(ClientError, match=r"(?i)protect"):
            composition.client("rds").delete_db_instance(
                DBInstanceIdentifier=database["DBInstanceIdentifier"], SkipFinalSnapshot=True
            )
    for table in tables:
        with pytest.raises(ClientError, match=r"(?i)protect"):
            composition.client("dynamodb").delete_table(TableName=table)


def test_the_deployers_policies_allow_all_that_terraform_asked_for(composition: Composition) -> None:
    asked = composition.requests()["by_terraform"]
    assert len(asked) > 50
    assert not_allowed(asked) == set()


def test_each_role_may_do_what_runs_with_it_and_nothing_else(composition: Composition) -> None:
    state = composition.state()
    needed, own, whole = needs(composition, state), roles(state), roles_with_awss_policies(state)
    assert own.keys() == needed.keys()
    for role, calls in needed.items():
        assert denied(own[role], calls) == [], role
        # Each permission that is taken away is missed by a call.
        idle = [taken for taken, less in without_one(own[role]) if not denied(less, calls)]
        assert idle == [], role
        # A role that has nothing but AWS's own policies is one of AWS's services.
        assert [action for action in NEVER if own[role] and allowed_somewhere(whole[role], action)] == [], role
        foreign = set(Resources(state).secrets.values()) - {call.resource for call in calls}
        told = [arn for arn in foreign if is_allowed(whole[role], Question("secretsmanager:GetSecretValue", arn))]
        assert told == [], role


@pytest.mark.last
def test_a_destroy_leaves_nothing_but_the_databases_last_snapshot_and_the_files(composition: Composition) -> None:
    rds, s3, buckets = composition.client("rds"), composition.client("s3"), buckets_of_files(composition)
    for bucket in buckets:
        s3.put_object(Bucket=bucket, Key="files/1/0f", Body=b"cat")
    databases = [found["DBInstanceIdentifier"] for found in rds.describe_db_instances()["DBInstances"]]
    clusters = [found["DBClusterIdentifier"] for found in rds.describe_db_clusters()["DBClusters"]]
    composition.set_variables({"protected": False})
    composition.apply("-refresh=false")
    composition.destroy()
    assert left_behind(composition) == ({"buckets": buckets} if buckets else {})
    for bucket in buckets:
        assert s3.get_object(Bucket=bucket, Key="files/1/0f")["Body"].read() == b"cat"
    assert not_allowed(composition.requests()["by_terraform"]) == set()
    snapshots = rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    of_clusters = rds.describe_db_cluster_snapshots(SnapshotType="manual")["DBClusterSnapshots"]
    for snapshot in [*snapshots, *of_clusters]:
        key = composition.client("kms").describe_key(KeyId=snapshot["KmsKeyId"])["KeyMetadata"]
        assert key["KeyState"] == "Enabled", "a snapshot without its key is noise"
    assert [s["DBSnapshotIdentifier"] for s in snapshots] == [f"{name}-final" for name in databases]
    assert [s["DBClusterSnapshotIdentifier"] for s in of_clusters] == [f"{name}-final" for name in clusters]

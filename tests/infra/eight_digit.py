"""What the entries app's composition passes, however it is reached."""

import re

from devtools.aws_authorization import as_list
from devtools.composition import REPOSITORY, Composition
from infra.questions import accepted, container, groups, may, rules, statements, vpc

TABLE = "arn:aws:dynamodb:eu-central-1:123456789012:table/EightDigit"
USED = {"dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"}
WAYS_OUT = {("app", "dynamodb", "443"), ("app", "s3", "443"), ("app", "world", "443")}


def prefix_lists(composition: Composition) -> dict[str, str]:
    """Prefix list ids of the gateway endpoints: id => service."""
    lists = composition.client("ec2").describe_prefix_lists()["PrefixLists"]
    managed = composition.client("ec2").describe_managed_prefix_lists()["PrefixLists"]
    return {entry["PrefixListId"]: entry["PrefixListName"].rsplit(".", 1)[-1] for entry in lists + managed}


def test_a2_the_table_has_its_keys_an_index_for_the_latest_and_recovery(composition: Composition) -> None:
    table = composition.client("dynamodb").describe_table(TableName="EightDigit")["Table"]
    assert table["KeySchema"] == [
        {"AttributeName": "username", "KeyType": "HASH"},
        {"AttributeName": "timestamp", "KeyType": "RANGE"},
    ]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert {index["IndexName"]: index["KeySchema"] for index in table["GlobalSecondaryIndexes"]} == {
        "latest": [
            {"AttributeName": "feed", "KeyType": "HASH"},
            {"AttributeName": "timestamp", "KeyType": "RANGE"},
        ]
    }
    assert table["DeletionProtectionEnabled"]
    lifetime = composition.client("dynamodb").describe_time_to_live(TableName="EightDigit")["TimeToLiveDescription"]
    assert lifetime["TimeToLiveStatus"] == "DISABLED"
    backups = composition.client("dynamodb").describe_continuous_backups(TableName="EightDigit")[
        "ContinuousBackupsDescription"
    ]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_a3_dynamodb_is_reached_through_a_gateway_endpoint_from_every_table(composition: Composition) -> None:
    filters = [{"Name": "vpc-id", "Values": [vpc(composition)["VpcId"]]}]
    endpoints = composition.client("ec2").describe_vpc_endpoints(Filters=filters)["VpcEndpoints"]
    found = {endpoint["ServiceName"].rsplit(".", 1)[-1]: endpoint for endpoint in endpoints}
    assert found["dynamodb"]["VpcEndpointType"] == "Gateway"
    assert len(found["dynamodb"]["RouteTableIds"]) == 2


def test_a4_cluster_service_and_log_group_have_the_names_they_were_given(composition: Composition) -> None:
    service = composition.client("ecs").describe_services(cluster="flask-cluster", services=["flask-service"])[
        "services"
    ][0]
    assert (service["launchType"], service["desiredCount"]) == ("FARGATE", 2)
    assert container(composition, "flask-service")["portMappings"][0]["containerPort"] == 5000
    logs = composition.client("logs").describe_log_groups(logGroupNamePrefix="/ecs/flask-app")["logGroups"]
    assert [(group["logGroupName"], group["retentionInDays"]) for group in logs] == [("/ecs/flask-app", 7)]
    repository = composition.client("ecr").describe_repositories()["repositories"][0]
    assert repository["imageScanningConfiguration"]["scanOnPush"]


def test_a4_the_app_takes_the_settings_of_its_task(composition: Composition) -> None:
    given = {entry["name"]: entry["value"] for entry in container(composition, "flask-service")["environment"]}
    assert (accepted(given)["FEATURES"], accepted(given)["DYNAMO_TABLE"]) == (("entries",), "EightDigit")
    assert [str(network) for network in accepted(given)["OPERATOR_NETWORKS"]] == ["127.0.0.0/8", "10.0.0.0/16"]
    # Over plain HTTP browsers keep no Secure cookie, and then no form can be sent.
    assert accepted(given)["SESSION_COOKIE_SECURE"] is ("certificate_arn" in composition.variables)


def test_a4_scaling_has_room(composition: Composition) -> None:
    target = composition.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs")[
        "ScalableTargets"
    ][0]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 4)
    assert composition.client("application-autoscaling").describe_scaling_policies(ServiceNamespace="ecs")[
        "ScalingPolicies"
    ]


def test_a5_the_task_role_may_use_that_table_only(composition: Composition) -> None:
    for action in USED:
        assert may(composition, "flask-service-task", action, TABLE)
        assert not may(composition, "flask-service-task", action, TABLE + "Other")
        assert may(composition, "flask-service-task", action, f"{TABLE}/index/latest") == (action == "dynamodb:Query")
    for action in ("dynamodb:Scan", "dynamodb:GetItem", "dynamodb:DeleteItem", "s3:GetObject", "logs:PutLogEvents"):
        assert not may(composition, "flask-service-task", action, TABLE)


def test_a5_the_task_role_holds_what_the_app_calls_and_nothing_more(composition: Composition) -> None:
    source = (REPOSITORY / "app" / "entries" / "dynamo.py").read_text()
    called = set(re.findall(r"self\.client\.([a-z_]+)\(", source)) - {"create_table"}  # for development
    assert {"dynamodb:" + call.title().replace("_", "") for call in called} == USED
    granted = {action for found in statements(composition, "flask-service-task") for action in as_list(found["Action"])}
    assert {action for action in granted if action.startswith("dynamodb:")} == USED


def test_a5_the_execution_role_may_pull_log_and_read_the_apps_key_only(composition: Composition) -> None:
    repository = composition.client("ecr").describe_repositories()["repositories"][0]["repositoryArn"]
    key = container(composition, "flask-service")["secrets"][0]["valueFrom"]
    assert may(composition, "flask-service-execution", "ecr:BatchGetImage", repository)
    assert may(composition, "flask-service-execution", "secretsmanager:GetSecretValue", key)
    for action in (
        "ecr:PutImage",
        "dynamodb:Query",
        "secretsmanager:PutSecretValue",
        "logs:DeleteLogGroup",
        "iam:PassRole",
    ):
        assert not may(composition, "flask-service-execution", action, repository)


def holds_exactly(composition: Composition, table: set[tuple[str, str, str]]) -> bool:
    """Whether the security groups are this table of (from, to, port), no more and no less."""
    found = rules(composition, prefix_lists(composition))
    roles = set(groups(composition).values()) - {"default"}
    inward = {(peer, role, port) for way, role, peer, port in found if way == "in"}
    outward = {(role, peer, port) for way, role, peer, port in found if way == "out"}
    return inward == {row for row in table if row[1] in roles} and outward == {row for row in table if row[0] in roles}

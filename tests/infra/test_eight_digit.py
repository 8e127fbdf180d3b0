"""The entries app's composition, reached directly (public task) or through a load balancer."""

import pytest
from composition import Composition
from questions import container, groups, may, name, rules, subnet_ids, subnets, vpc, way_out

ACCOUNT = "123456789012"
TABLE = f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/EightDigit"
ENDPOINTS = {
    ("app", "dynamodb", "443"),
    ("app", "s3", "443"),
    ("app", "world", "443"),
}
PUBLIC_TASK = {("world", "app", "5000")} | ENDPOINTS
BALANCED = {
    ("world", "balancer", "80"),
    ("world", "balancer", "443"),
    ("balancer", "app", "5000"),
} | ENDPOINTS

BOTH = [
    pytest.param("public_task", marks=pytest.mark.xdist_group("public-task")),
    pytest.param("balanced_task", marks=pytest.mark.xdist_group("balanced-task")),
]


@pytest.fixture
def either(request: pytest.FixtureRequest) -> Composition:
    composition = request.getfixturevalue(request.param)
    assert isinstance(composition, Composition)
    return composition


public = pytest.mark.xdist_group("public-task")
balanced = pytest.mark.xdist_group("balanced-task")
both = pytest.mark.parametrize("either", BOTH, indirect=True)


def prefix_lists(composition: Composition) -> dict[str, str]:
    """Prefix list ids of the gateway endpoints: id => service."""
    lists = composition.client("ec2").describe_prefix_lists()["PrefixLists"]
    managed = composition.client("ec2").describe_managed_prefix_lists()["PrefixLists"]
    return {entry["PrefixListId"]: entry["PrefixListName"].rsplit(".", 1)[-1] for entry in lists + managed}


@both
def test_a2_the_table_has_its_keys_an_index_for_the_latest_and_recovery(either: Composition) -> None:
    table = either.client("dynamodb").describe_table(TableName="EightDigit")["Table"]
    assert table["KeySchema"] == [{"AttributeName": "username", "KeyType": "HASH"}, {"AttributeName": "timestamp", "KeyType": "RANGE"}]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["latest"]
    assert table["DeletionProtectionEnabled"]
    backups = either.client("dynamodb").describe_continuous_backups(TableName="EightDigit")["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


@public
def test_a3_the_vpc_has_two_public_subnets_and_a_private_table_without_a_way_out(public_task: Composition) -> None:
    assert vpc(public_task)["CidrBlock"] == "10.0.0.0/16"
    assert {subnet["CidrBlock"] for subnet in subnets(public_task)} == {"10.0.1.0/24", "10.0.2.0/24"}
    assert len({subnet["AvailabilityZone"] for subnet in subnets(public_task)}) == 2
    assert {way_out(public_task, subnet["SubnetId"]) for subnet in subnets(public_task)} == {"igw"}
    tables = public_task.client("ec2").describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc(public_task)["VpcId"]]}])
    private = next(table for table in tables["RouteTables"] if "private" in name(table))
    assert {route.get("DestinationCidrBlock") for route in private["Routes"]} <= {"10.0.0.0/16", None}


@both
def test_a3_dynamodb_is_reached_through_a_gateway_endpoint_from_every_table(either: Composition) -> None:
    filters = [{"Name": "vpc-id", "Values": [vpc(either)["VpcId"]]}]
    endpoints = either.client("ec2").describe_vpc_endpoints(Filters=filters)["VpcEndpoints"]
    found = {endpoint["ServiceName"].rsplit(".", 1)[-1]: endpoint for endpoint in endpoints}
    assert found["dynamodb"]["VpcEndpointType"] == "Gateway"
    assert len(found["dynamodb"]["RouteTableIds"]) == 2


@both
def test_a4_cluster_service_and_log_group_have_the_names_they_were_given(either: Composition) -> None:
    service = either.client("ecs").describe_services(cluster="flask-cluster", services=["flask-service"])["services"][0]
    assert (service["launchType"], service["desiredCount"]) == ("FARGATE", 2)
    assert container(either, "flask-service")["portMappings"][0]["containerPort"] == 5000
    logs = either.client("logs").describe_log_groups(logGroupNamePrefix="/ecs/flask-app")["logGroups"]
    assert [(group["logGroupName"], group["retentionInDays"]) for group in logs] == [("/ecs/flask-app", 7)]
    repository = either.client("ecr").describe_repositories()["repositories"][0]
    assert repository["imageScanningConfiguration"]["scanOnPush"]


@public
def test_a4_tasks_have_public_addresses_in_both_zones(public_task: Composition) -> None:
    service = public_task.client("ecs").describe_services(cluster="flask-cluster", services=["flask-service"])["services"][0]
    network = service["networkConfiguration"]["awsvpcConfiguration"]
    assert network["assignPublicIp"] == "ENABLED"
    assert set(network["subnets"]) == subnet_ids(public_task, "public")


@both
def test_a4_scaling_has_room(either: Composition) -> None:
    target = either.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"][0]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 4)
    assert either.client("application-autoscaling").describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]


@both
def test_a5_the_task_role_may_use_that_table_only(either: Composition) -> None:
    for action in ("dynamodb:PutItem", "dynamodb:Query", "dynamodb:GetItem"):
        assert may(either, "flask-service-task", action, TABLE)
        assert not may(either, "flask-service-task", action, TABLE + "Other")
    assert may(either, "flask-service-task", "dynamodb:Query", f"{TABLE}/index/latest")
    for action in ("dynamodb:Scan", "dynamodb:DeleteTable", "dynamodb:DeleteItem", "s3:GetObject", "logs:PutLogEvents"):
        assert not may(either, "flask-service-task", action, TABLE)


@both
def test_a5_the_execution_role_may_pull_log_and_read_the_apps_key_only(either: Composition) -> None:
    repository = either.client("ecr").describe_repositories()["repositories"][0]["repositoryArn"]
    key = container(either, "flask-service")["secrets"][0]["valueFrom"]
    assert may(either, "flask-service-execution", "ecr:BatchGetImage", repository)
    assert may(either, "flask-service-execution", "secretsmanager:GetSecretValue", key)
    for action in ("ecr:PutImage", "dynamodb:Query", "secretsmanager:PutSecretValue", "logs:DeleteLogGroup", "iam:PassRole"):
        assert not may(either, "flask-service-execution", action, repository)


TABLES = [
    pytest.param("public_task", PUBLIC_TASK, marks=pytest.mark.xdist_group("public-task")),
    pytest.param("balanced_task", BALANCED, marks=pytest.mark.xdist_group("balanced-task")),
]


@pytest.mark.parametrize(("either", "table"), TABLES, indirect=["either"])
def test_a4_b_the_security_groups_hold_the_table_and_nothing_else(either: Composition, table: set[tuple[str, str, str]]) -> None:
    found = rules(either, prefix_lists(either))
    roles = set(groups(either).values()) - {"default"}
    assert {(peer, role, port) for way, role, peer, port in found if way == "in"} == {row for row in table if row[1] in roles}
    assert {(role, peer, port) for way, role, peer, port in found if way == "out"} == {row for row in table if row[0] in roles}


@public
def test_a6_the_outputs_say_where_to_push_and_how_to_reach_the_app(public_task: Composition) -> None:
    assert public_task.outputs["ecr_repository_url"].endswith("/flask-app")
    assert "describe-network-interfaces" in public_task.outputs["how_to_reach_the_app"]


@balanced
def test_b_tasks_are_private_behind_a_public_load_balancer_with_tls(balanced_task: Composition) -> None:
    service = balanced_task.client("ecs").describe_services(cluster="flask-cluster", services=["flask-service"])["services"][0]
    assert service["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] == "DISABLED"
    assert set(service["networkConfiguration"]["awsvpcConfiguration"]["subnets"]) == subnet_ids(balanced_task, "private")
    elb = balanced_task.client("elbv2")
    found = elb.describe_load_balancers(Names=["eight-digit"])["LoadBalancers"][0]
    assert found["Scheme"] == "internet-facing"
    listeners = elb.describe_listeners(LoadBalancerArn=found["LoadBalancerArn"])["Listeners"]
    assert {entry["Port"]: entry["DefaultActions"][0]["Type"] for entry in listeners} == {80: "redirect", 443: "forward"}
    assert balanced_task.outputs["how_to_reach_the_app"] == "https://entries.example.org/"


@balanced
def test_b_probes_and_figures_are_hidden_from_the_internet(balanced_task: Composition) -> None:
    elb = balanced_task.client("elbv2")
    found = elb.describe_load_balancers(Names=["eight-digit"])["LoadBalancers"][0]
    for listener in elb.describe_listeners(LoadBalancerArn=found["LoadBalancerArn"])["Listeners"]:
        rules = elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
        hidden = [rule for rule in rules if rule["Actions"][0]["Type"] == "fixed-response"]
        assert hidden[0]["Actions"][0]["FixedResponseConfig"]["StatusCode"] == "404"
        assert set(hidden[0]["Conditions"][0]["PathPatternConfig"]["Values"]) == {"/health", "/readyz", "/metrics", "/pool-stats"}


@balanced
def test_b_data_is_encrypted_with_the_compositions_own_key(balanced_task: Composition) -> None:
    table = balanced_task.client("dynamodb").describe_table(TableName="EightDigit")["Table"]
    key = table["SSEDescription"]["KMSMasterKeyArn"]
    assert balanced_task.client("kms").get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
    logs = balanced_task.client("logs").describe_log_groups(logGroupNamePrefix="/ecs/flask-app")["logGroups"]
    assert logs[0]["kmsKeyId"] == key


@balanced
def test_b_private_tasks_go_out_through_nat(balanced_task: Composition) -> None:
    assert {way_out(balanced_task, subnet) for subnet in subnet_ids(balanced_task, "private")} == {"nat"}

"""The emulated AWS takes what AWS takes, and refuses what AWS refuses with AWS's error."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from secrets import token_hex
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from devtools.composition import emulated_aws

pytestmark = pytest.mark.server

REGION = "eu-central-1"
Client = Callable[[str], Any]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with emulated_aws() as running:
        yield running


@pytest.fixture(scope="module")
def client(endpoint: str) -> Client:
    """A client of a service that checks nothing by itself."""

    def of(service: str) -> Any:
        return boto3.client(  # type: ignore[call-overload]  # which service is known only when it runs
            service,
            endpoint_url=endpoint,
            region_name=REGION,
            aws_access_key_id="emulated",
            aws_secret_access_key="emulated",
            config=Config(parameter_validation=False, retries={"max_attempts": 1}),
        )

    return of


def policy(
    action: str | list[str] = "s3:GetObject", resource: str = "arn:aws:s3:::notes/*", **more: Any
) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {"RoleName": "app", "PolicyName": "app", "PolicyDocument": json.dumps(document)}


TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}],
}
TASK = {
    "family": "app",
    "requiresCompatibilities": ["FARGATE"],
    "networkMode": "awsvpc",
    "cpu": "256",
    "memory": "512",
    "containerDefinitions": [{"name": "app", "image": "notes"}],
}
DATABASE = {
    "DBInstanceIdentifier": "notes",
    "Engine": "mysql",
    "EngineVersion": "8.4",
    "DBInstanceClass": "db.t4g.micro",
    "AllocatedStorage": 20,
    "MasterUsername": "notes",
    "MasterUserPassword": "a-long-password",
}
DOMAIN = f"{'n' * 52}.example.org"  # 64 characters
GROUP = {"GroupName": "app", "Description": "the app; what serves"}
SERVER = {"LaunchTemplateName": "server", "LaunchTemplateData": {"InstanceType": "t3.micro"}}
ROLE = {"RoleName": "app", "AssumeRolePolicyDocument": json.dumps(TRUST)}
LOGS = {"logGroupName": "notes", "retentionInDays": 30}

LOGS_KEY = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{REGION}:123456789012:log-group:*"}}

# Service, operation, what AWS takes, what makes it refuse, its error and a word of its reason.
PLANTED: list[tuple[str, str, dict[str, Any], dict[str, Any], str, str]] = [
    ("ec2", "create_security_group", GROUP, {"Description": "the app's"}, "InvalidParameterValue", "Description"),
    ("ec2", "create_security_group", GROUP | {"GroupName": "b"}, {"GroupName": "sg-a"}, "InvalidParameterValue", "sg-"),
    (
        "ec2",
        "create_launch_template",
        SERVER,
        {"LaunchTemplateData": {"InstanceType": "t3.mini"}},
        "InvalidParameterValue",
        "t3.mini",
    ),
    ("ecs", "register_task_definition", TASK, {"memory": "4096"}, "ClientException", "not compatible with memory"),
    ("ecs", "register_task_definition", TASK, {"cpu": "300"}, "ClientException", "300"),
    ("ecs", "register_task_definition", TASK, {"family": "app.release"}, "ClientException", "family"),
    ("ecs", "register_task_definition", TASK, {"networkMode": "bridges"}, "ClientException", "bridges"),
    ("rds", "create_db_instance", DATABASE, {"DBInstanceClass": "db.m4.large"}, "InvalidParameterValue", "db.m4.large"),
    (
        "rds",
        "create_db_instance",
        DATABASE | {"DBInstanceIdentifier": "b"},
        {"EngineVersion": "5.4"},
        "InvalidParameterValue",
        "5.4",
    ),
    (
        "rds",
        "create_db_instance",
        DATABASE | {"DBInstanceIdentifier": "c"},
        {"DBInstanceIdentifier": "n" * 64},
        "InvalidParameterValue",
        "63",
    ),
    ("elbv2", "create_target_group", {"Name": "n" * 32}, {"Name": "n" * 33}, "ValidationError", "maximum of 32"),
    (
        "acm",
        "request_certificate",
        {"DomainName": DOMAIN},
        {"DomainName": f"n{DOMAIN}"},
        "ValidationException",
        "64 octets",
    ),
    (
        "logs",
        "create_log_group",
        {"logGroupName": "notes"},
        {"logGroupName": "it's"},
        "InvalidParameterException",
        "logGroupName",
    ),
    ("logs", "put_retention_policy", LOGS, {"retentionInDays": "30"}, "InvalidParameterException", "retentionInDays"),
    ("logs", "put_retention_policy", LOGS, {"logGroupName": None}, "InvalidParameterException", "Missing required"),
    ("sns", "create_topic", {"Name": "alarms"}, {"Name": "alarms!"}, "ValidationError", "Name"),
    ("iam", "create_role", ROLE, {"RoleName": "r" * 65}, "ValidationError", "64"),
    ("iam", "put_role_policy", policy(), policy("s3:ReadObject"), "MalformedPolicyDocument", "s3:ReadObject"),
    ("iam", "put_role_policy", policy(), policy("nosuch:*"), "MalformedPolicyDocument", "nosuch:*"),
    ("iam", "put_role_policy", policy(), policy(resource="arn:aws:s3:::notes"), "MalformedPolicyDocument", "takes"),
    ("iam", "put_role_policy", policy(), policy("s3:*", "arn:aws:s4:::notes"), "MalformedPolicyDocument", "arn:aws:s4"),
    (
        "iam",
        "put_role_policy",
        policy(Condition={"StringEquals": {"s3:ExistingObjectTag/kind": "a"}}),
        policy(Condition={"StringEquals": {"ecs:cluster": "a"}}),
        "MalformedPolicyDocument",
        "ecs:cluster",
    ),
    (
        "iam",
        "put_role_policy",
        policy("kms:ReEncrypt*", "*", Condition=LOGS_KEY),
        policy(["kms:Decrypt", "kms:DescribeKey"], "*", Condition=LOGS_KEY),
        "MalformedPolicyDocument",
        "kms:DescribeKey has no condition key",
    ),
]


@pytest.mark.parametrize(("service", "operation", "right", "planted", "code", "reason"), PLANTED)
def test_a_planted_fault_is_refused_and_the_right_value_is_not(  # noqa: PLR0917 - the columns of the table
    client: Client,
    endpoint: str,
    service: str,
    operation: str,
    right: dict[str, Any],
    planted: dict[str, Any],
    code: str,
    reason: str,
) -> None:
    ask = getattr(client(service), operation)
    with pytest.raises(ClientError) as refused:
        ask(**{name: value for name, value in (right | planted).items() if value is not None})
    assert refused.value.response["Error"]["Code"] == code
    assert reason in refused.value.response["Error"]["Message"]
    before = refusals(endpoint)
    with suppress(ClientError):  # moto's own, of what stands already or does not stand
        ask(**right)
    assert refusals(endpoint) == before


def refusals(endpoint: str) -> list[str]:
    with urlopen(f"{endpoint}/strict-aws") as answer:
        return list(json.load(answer)["refused"])


def send(endpoint: str, service: str, body: bytes, **headers: str) -> str:
    """What a hand-written request is refused with."""
    scope = f"emulated/20260101/{REGION}/{service}/aws4_request"
    signed = {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host"} if service else {}
    request = Request(endpoint, body, signed | {name.replace("_", "-"): value for name, value in headers.items()})
    with pytest.raises(HTTPError, match="400") as refused:
        urlopen(request)
    return refused.value.read().decode()


FORM = "application/x-www-form-urlencoded"
ECS = {"Content_Type": "application/x-amz-json-1.1", "X_Amz_Target": "AmazonEC2ContainerServiceV20141113.CreateCluster"}


@pytest.mark.parametrize(
    ("service", "body", "headers", "reason"),
    [
        ("ec2", b"Action=CreateNothing&Version=2016-11-15", {"Content_Type": FORM}, "has no operation"),
        ("ec2", b"Action=DescribeVpcs&Version=2016-11-15&Colour=red", {"Content_Type": FORM}, "Colour"),
        ("ecs", b'{"clusterName": "notes", "colour": "red"}', ECS, "colour"),
        ("ecs", b"clusterName=notes", ECS | {"Content_Type": FORM}, "has no operation"),
        ("ecs", b'{"clusterName": 5}', ECS, "clusterName"),
        ("ecs", b'{"clusterName": ', ECS, "cannot be read"),
        ("nosuch", b"{}", ECS, "no service nosuch"),
        ("", b"Action=DescribeVpcs&Version=2016-11-15", {"Content_Type": FORM}, "not signed"),
    ],
)
def test_nothing_is_accepted_that_is_not_understood(
    endpoint: str, service: str, body: bytes, headers: dict[str, str], reason: str
) -> None:
    assert reason in send(endpoint, service, body, **headers)


@pytest.fixture(scope="module")
def cluster(client: Client) -> str:
    client("ecs").create_cluster(clusterName="notes")
    return "notes"


def serve(client: Client, cluster: str, name: str, revision: str) -> Any:
    subnets = client("ec2").describe_subnets()["Subnets"]
    network = {"awsvpcConfiguration": {"subnets": [subnets[0]["SubnetId"]], "securityGroups": []}}
    asked = {"cluster": cluster, "serviceName": name, "taskDefinition": revision, "desiredCount": 0}
    return client("ecs").create_service(**asked, launchType="FARGATE", networkConfiguration=network)["service"]


def test_a_family_names_its_newest_active_revision(client: Client) -> None:
    ecs = client("ecs")
    first, second = [ecs.register_task_definition(**TASK | {"family": "aged"})["taskDefinition"] for _ in range(2)]
    ecs.deregister_task_definition(taskDefinition=second["taskDefinitionArn"])
    assert ecs.describe_task_definition(taskDefinition="aged")["taskDefinition"]["revision"] == first["revision"]


def test_an_empty_list_says_as_much_as_none(client: Client) -> None:
    ecs = client("ecs")
    assert ecs.register_task_definition(**TASK, placementConstraints=[], volumes=[])["taskDefinition"]["revision"]


def test_an_inactive_revision_is_not_served_anew(client: Client, cluster: str) -> None:
    ecs = client("ecs")
    made = [ecs.register_task_definition(**TASK | {"family": "revised"})["taskDefinition"] for _ in range(2)]
    former, latest = [revision["taskDefinitionArn"] for revision in made]
    ecs.deregister_task_definition(taskDefinition=former)
    with pytest.raises(ClientError, match="TaskDefinition is inactive"):
        serve(client, cluster, "revised", former)
    serve(client, cluster, "revised", latest)
    with pytest.raises(ClientError, match="TaskDefinition is inactive"):
        ecs.update_service(cluster=cluster, service="revised", taskDefinition=former)


@pytest.mark.parametrize(("least", "most", "count"), [(2, 4, 2), (0, 4, 0)])
def test_a_service_is_as_large_as_its_scaling_says(
    client: Client, cluster: str, least: int, most: int, count: int
) -> None:
    ecs, name = client("ecs"), f"scaled-{least}"
    serve(client, cluster, name, ecs.register_task_definition(**TASK)["taskDefinition"]["taskDefinitionArn"])
    client("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId=f"service/{cluster}/{name}",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=least,
        MaxCapacity=most,
    )
    assert ecs.describe_services(cluster=cluster, services=[name])["services"][0]["desiredCount"] == count


@pytest.mark.parametrize(
    ("image", "version", "desired", "reason"),
    [
        ("resolve:ssm:/images/ubuntu", "1", True, "parameter of Systems Manager"),
        ("ami-12c6146b", "$Latest", True, "version is $Latest"),
        ("ami-12c6146b", "1", False, "no desired configuration"),
        ("ami-12c6146b", "1", True, ""),
    ],
)
def test_a_refresh_goes_back_by_itself_only_to_an_image_that_is_fixed(
    client: Client, image: str, version: str, desired: bool, reason: str
) -> None:
    name = f"refreshed-{token_hex(4)}"
    client("ssm").put_parameter(Name="/images/ubuntu", Value="ami-12c6146b", Type="String", Overwrite=True)
    data = {"ImageId": image, "InstanceType": "t3.micro"}
    client("ec2").create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
    template = {"LaunchTemplateName": name, "Version": version}
    autoscaling = client("autoscaling")
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=name, MinSize=0, MaxSize=1, LaunchTemplate=template, AvailabilityZones=[f"{REGION}a"]
    )
    asked: dict[str, Any] = {"AutoScalingGroupName": name, "Preferences": {"AutoRollback": True}}
    asked |= {"DesiredConfiguration": {"LaunchTemplate": template}} if desired else {}
    if reason:
        with pytest.raises(ClientError) as refused:
            autoscaling.start_instance_refresh(**asked)
        assert reason in refused.value.response["Error"]["Message"]
    else:
        assert autoscaling.start_instance_refresh(**asked)["InstanceRefreshId"]
    autoscaling.start_instance_refresh(AutoScalingGroupName=name)

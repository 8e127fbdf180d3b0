"""What AWS's schemas of resources say of a call that creates one: cfn-lint has them, by region."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.model import ListShape, Shape, StructureShape

from devtools.aws_requests import Call, RefusedError

if TYPE_CHECKING:
    from cfnlint.rules import Match, RulesCollection

# Calls whose parameters are the properties of a resource by the same names.
RESOURCES = {
    "autoscaling.CreateAutoScalingGroup": "AWS::AutoScaling::AutoScalingGroup",
    "cloudwatch.PutMetricAlarm": "AWS::CloudWatch::Alarm",
    "dynamodb.CreateTable": "AWS::DynamoDB::Table",
    "ec2.CreateLaunchTemplate": "AWS::EC2::LaunchTemplate",
    "ec2.CreateVpcEndpoint": "AWS::EC2::VPCEndpoint",
    "ec2.RunInstances": "AWS::EC2::Instance",
    "ecs.CreateService": "AWS::ECS::Service",
    "ecs.RegisterTaskDefinition": "AWS::ECS::TaskDefinition",
    "elbv2.CreateListener": "AWS::ElasticLoadBalancingV2::Listener",
    "elbv2.CreateLoadBalancer": "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "elbv2.CreateTargetGroup": "AWS::ElasticLoadBalancingV2::TargetGroup",
    "kms.CreateKey": "AWS::KMS::Key",
    "logs.CreateLogGroup": "AWS::Logs::LogGroup",
    "rds.CreateDBCluster": "AWS::RDS::DBCluster",
    "rds.CreateDBInstance": "AWS::RDS::DBInstance",
    "secretsmanager.CreateSecret": "AWS::SecretsManager::Secret",
    "sns.CreateTopic": "AWS::SNS::Topic",
}
# A member or type that the call has otherwise than the resource: the call's own model has judged that.
OF_FORM = {"E3002", "E3003", "E3012"}
# The provider says so of a cluster of any kind, and RDS takes it; the schema knows it of Aurora only.
SENT_ANYWAY = {"EngineMode": "provisioned"}


def refusal(call: Call) -> RefusedError | None:
    said = faults(call)
    return RefusedError.of(call, said) if said else None


def faults(call: Call) -> list[str]:
    """Of a call that makes a resource: what its schema in the region of the call does not take."""
    kind = RESOURCES.get(f"{call.service}.{call.name}")
    if kind is None or call.operation.input_shape is None:
        return []
    return faults_of(kind, capitalized(call.parameters, call.operation.input_shape), call.region)


def faults_of(kind: str, given: Mapping[str, Any], region: str) -> list[str]:
    """`given` may have more than the properties of the resource."""
    # cfn-lint takes longer to load than all else here, and not everybody who imports this asks it.
    from cfnlint.api import lint  # noqa: PLC0415 - see above
    from cfnlint.schema import PROVIDER_SCHEMA_MANAGER, ResourceNotFoundError  # noqa: PLC0415 - see above

    try:
        known = PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, kind).schema["properties"].keys()
    except ResourceNotFoundError:
        return [f"{kind} is not sold in {region}"]
    left_out = {"Tags"} | {name for name, value in SENT_ANYWAY.items() if given.get(name) == value}
    # An empty list says as much as none: whoever registers anew what was described sends such.
    properties = {name: value for name, value in given.items() if name in known - left_out and value not in ([], {})}
    template = {"Resources": {"Created": {"Type": kind, "Properties": properties}}}
    matches = lint(json.dumps(template, default=str), rules(), [region])
    return [describe(match) for match in matches if match.rule.id not in OF_FORM and not is_major(match, properties)]


def capitalized(value: Any, shape: Shape) -> Any:
    """Members of structures with a capital, as the schemas have them; keys of maps stay."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        return {name[:1].upper() + name[1:]: capitalized(v, shape.members[name]) for name, v in value.items()}
    if isinstance(shape, ListShape):
        return [capitalized(member, shape.member) for member in value]
    return value


@cache
def rules() -> RulesCollection:
    from cfnlint.core import get_rules  # noqa: PLC0415 - see above

    return get_rules([], ["W", "I"], [], {}, False)


def describe(match: Match) -> str:
    return f"{match.rule.id} {'.'.join(map(str, (match.path or [])[3:]))}: {match.message[:300]}"


def is_major(match: Match, properties: Mapping[str, Any]) -> bool:
    """RDS takes a version such as 8.4 for the newest 8.4.x, which the schemas do not list."""
    return f"'{properties.get('EngineVersion')}." in match.message and "is not one of" in match.message

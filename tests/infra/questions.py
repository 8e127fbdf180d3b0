"""What the tests ask the AWS API, in the words of the tests."""

import json
import re
import subprocess
from collections import defaultdict
from secrets import token_hex
from typing import Any
from urllib.parse import unquote

import certifi

from config import from_environment
from devtools.aws_authorization import Question, as_list, is_allowed
from devtools.composition import Composition

WORLD = "0.0.0.0/0"


def vpc(composition: Composition) -> dict[str, Any]:
    """The composition's own VPC: an account has a default one besides."""
    vpcs = composition.client("ec2").describe_vpcs(Filters=[{"Name": "is-default", "Values": ["false"]}])["Vpcs"]
    assert len(vpcs) == 1
    return dict(vpcs[0])


def name(resource: dict[str, Any]) -> str:
    return str(next((tag["Value"] for tag in resource.get("Tags", []) if tag["Key"] == "Name"), ""))


def subnets(composition: Composition) -> list[dict[str, Any]]:
    vpc_id = vpc(composition)["VpcId"]
    return list(composition.client("ec2").describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])["Subnets"])


def subnet_ids(composition: Composition, kind: str) -> set[str]:
    """Subnets whose name says public or private."""
    return {subnet["SubnetId"] for subnet in subnets(composition) if f"-{kind}-" in name(subnet)}


def way_out(composition: Composition, subnet_id: str) -> str:
    """Where a subnet's default route leads: igw, nat or nowhere."""
    tables = composition.client("ec2").describe_route_tables(
        Filters=[{"Name": "association.subnet-id", "Values": [subnet_id]}]
    )
    for route in tables["RouteTables"][0]["Routes"]:
        if route.get("DestinationCidrBlock") == WORLD:
            return "nat" if route.get("NatGatewayId") else str(route["GatewayId"]).split("-")[0]
    return "nowhere"


def groups(composition: Composition) -> dict[str, str]:
    """Security groups of the VPC: id => role, the last part of the name."""
    filters = [{"Name": "vpc-id", "Values": [vpc(composition)["VpcId"]]}]
    found = composition.client("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]
    return {group["GroupId"]: role(group) for group in found}


def role(group: dict[str, Any]) -> str:
    """The end of its Name; the group itself is named anew when it is replaced."""
    return "default" if group["GroupName"] == "default" else name(group).rsplit("-", 1)[-1]


def rules(composition: Composition, names: dict[str, str] | None = None) -> set[tuple[str, str, str, str]]:
    """Every rule there is, Terraform's or not: (in or out, role, peer, port). `names` gives ranges and lists a name."""
    roles = groups(composition)
    named = roles | {WORLD: "world"} | (names or {})
    found = set()
    paginator = composition.client("ec2").get_paginator("describe_security_group_rules")
    for page in paginator.paginate(Filters=[{"Name": "group-id", "Values": list(roles)}]):
        for rule in page["SecurityGroupRules"]:
            reference = rule.get("ReferencedGroupInfo", {}).get("GroupId")
            peer = reference or rule.get("CidrIpv4") or rule.get("PrefixListId") or rule.get("CidrIpv6")
            first, last = rule.get("FromPort"), rule.get("ToPort")
            port = (
                f"{first}" if first == last and rule["IpProtocol"] == "tcp" else f"{rule['IpProtocol']} {first}-{last}"
            )
            found.add(("out" if rule["IsEgress"] else "in", roles[rule["GroupId"]], named.get(peer, peer), port))
    return found


def statements(composition: Composition, role: str) -> list[dict[str, Any]]:
    """All statements of a role's policies, written into it or attached to it."""
    iam = composition.client("iam")
    documents = [
        iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]
    ]
    for policy in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        version = iam.get_policy(PolicyArn=policy["PolicyArn"])["Policy"]["DefaultVersionId"]
        documents.append(
            iam.get_policy_version(PolicyArn=policy["PolicyArn"], VersionId=version)["PolicyVersion"]["Document"]
        )
    parsed = [json.loads(unquote(document)) if isinstance(document, str) else document for document in documents]
    return [statement for document in parsed for statement in as_list(document["Statement"])]


def may(composition: Composition, role: str, action: str, resource: str, **context: str) -> bool:
    """Whether IAM would let the role do it: a Deny wins; conditions meet `context` (':' written as '__')."""
    given = {key.replace("__", ":"): value for key, value in context.items()}
    return is_allowed(statements(composition, role), Question(action, resource, given))


def container(composition: Composition, family: str) -> dict[str, Any]:
    definition = composition.client("ecs").describe_task_definition(taskDefinition=family)["taskDefinition"]
    assert len(definition["containerDefinitions"]) == 1
    return dict(definition["containerDefinitions"][0])


def accepted(environment: dict[str, str]) -> dict[str, Any]:
    """The app's own reading of the settings it would be started with; it refuses what it cannot use."""
    # What ECS and run-image add, and a bundle that is on this machine too.
    return from_environment(environment | {"SECRET_KEY": token_hex(32), "DATABASE_CA": certifi.where()})


def buckets_of_files(composition: Composition) -> list[str]:
    buckets = composition.client("s3").list_buckets()["Buckets"]
    return [str(one["Name"]) for one in buckets if "-content-" in one["Name"]]


def bucket_of_files(composition: Composition) -> str:
    [name] = buckets_of_files(composition)
    return name


def launch_template(composition: Composition, group: str) -> dict[str, Any]:
    found = composition.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[group])
    template = found["AutoScalingGroups"][0]["LaunchTemplate"]["LaunchTemplateId"]
    versions = composition.client("ec2").describe_launch_template_versions(
        LaunchTemplateId=template, Versions=["$Latest"]
    )
    return dict(versions["LaunchTemplateVersions"][0]["LaunchTemplateData"])


def records(composition: Composition) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """(name, type) => records of the one zone."""
    route53, found = composition.client("route53"), defaultdict(list)
    [zone] = route53.list_hosted_zones()["HostedZones"]
    for record in route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]:
        found[record["Name"].rstrip("."), record["Type"]].append(record)
    return found


def in_state(composition: Composition, kind: str) -> list[dict[str, Any]]:
    """What Terraform keeps of a kind of resource, for settings that the emulator takes but does not tell."""
    return composition.state().values(kind)


def unreadable_scripts(text: str) -> list[str]:
    """What bash says of a set-up script and of the scripts it writes, which it would not read by itself."""
    written = re.findall(r"<<'(?:SCRIPT|HOOK)'\n(.*?)^(?:SCRIPT|HOOK)$", text, re.MULTILINE | re.DOTALL)
    read = [
        subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
        for script in [text, *written]
    ]
    return [done.stderr for done in read if done.stderr or done.returncode]

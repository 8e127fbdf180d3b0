"""Who can open a TCP connection to whom, computed from what stands: security groups, routes and public addresses."""

from collections.abc import Iterator
from dataclasses import dataclass

from devtools.composition import Composition
from infra.questions import groups, rules, subnets, way_out

PORTS = ("22", "80", "443", "465", "587", "3306", "5000")


@dataclass(frozen=True)
class Place:
    """Where the hosts of a role are: the ways out of their subnets, and whether they have public addresses.

    `origin` says that CloudFront reaches them in their VPC.
    """

    ways_out: frozenset[str]
    public_address: bool
    origin: bool = False


def places(composition: Composition) -> dict[str, Place]:
    """By role, from whatever owns network interfaces: groups of instances, load balancers, services, databases."""
    ec2, found = composition.client("ec2"), {}
    ways = {subnet["SubnetId"]: way_out(composition, subnet["SubnetId"]) for subnet in subnets(composition)}
    assigns = {subnet["SubnetId"]: subnet["MapPublicIpOnLaunch"] for subnet in subnets(composition)}
    roles = groups(composition)

    def put(group_ids: list[str], subnet_ids: list[str], public: bool, origin: bool = False) -> None:
        for group in group_ids:
            found[roles[group]] = Place(frozenset(ways[subnet] for subnet in subnet_ids), public, origin)

    inside = composition.client("cloudfront").list_vpc_origins()["VpcOriginList"].get("Items", [])
    origins = {origin["OriginEndpointArn"] for origin in inside}

    for group in composition.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]:
        template = ec2.describe_launch_template_versions(
            LaunchTemplateId=group["LaunchTemplate"]["LaunchTemplateId"], Versions=["$Latest"]
        )
        within = group["VPCZoneIdentifier"].split(",")
        put(
            template["LaunchTemplateVersions"][0]["LaunchTemplateData"]["SecurityGroupIds"],
            within,
            any(assigns[s] for s in within),
        )
    for balancer in composition.client("elbv2").describe_load_balancers()["LoadBalancers"]:
        within = [zone["SubnetId"] for zone in balancer["AvailabilityZones"]]
        public = balancer.get("Scheme", "internet-facing") == "internet-facing"
        put(balancer["SecurityGroups"], within, public, balancer["LoadBalancerArn"] in origins)
    ecs = composition.client("ecs")
    for cluster in ecs.list_clusters()["clusterArns"]:
        for service in ecs.describe_services(
            cluster=cluster, services=ecs.list_services(cluster=cluster)["serviceArns"]
        )["services"]:
            network = service["networkConfiguration"]["awsvpcConfiguration"]
            put(network["securityGroups"], network["subnets"], network["assignPublicIp"] == "ENABLED")
    for group_ids, within, public in databases(composition):
        put(group_ids, within, public)
    for endpoint in ec2.describe_vpc_endpoints()["VpcEndpoints"]:
        if endpoint["VpcEndpointType"] == "Interface":
            put([group["GroupId"] for group in endpoint["Groups"]], endpoint["SubnetIds"], False)
    return found


def databases(composition: Composition) -> Iterator[tuple[list[str], list[str], bool]]:
    """Security groups, subnets, and whether they have public addresses: of instances and clusters."""
    rds = composition.client("rds")
    named = {of["DBSubnetGroupName"]: of["Subnets"] for of in rds.describe_db_subnet_groups()["DBSubnetGroups"]}

    def subnets_of(group: str) -> list[str]:
        return [subnet["SubnetIdentifier"] for subnet in named[group]]

    for database in rds.describe_db_instances()["DBInstances"]:
        groups_of = [group["VpcSecurityGroupId"] for group in database["VpcSecurityGroups"]]
        yield groups_of, subnets_of(database["DBSubnetGroup"]["DBSubnetGroupName"]), database["PubliclyAccessible"]
    for cluster in rds.describe_db_clusters()["DBClusters"]:
        groups_of = [group["VpcSecurityGroupId"] for group in cluster["VpcSecurityGroups"]]
        yield groups_of, subnets_of(cluster["DBSubnetGroup"]), False


def matrix(composition: Composition, outside: dict[str, str]) -> dict[tuple[str, str], set[str]]:
    """(from, to) => open ports. `outside` names ranges and prefix lists: id or range => name."""
    held, where = rules(composition, outside), places(composition)
    outsiders = {"world"} | set(outside.values())
    everyone = outsiders | set(where)
    found = {}
    for source in everyone:
        for target in everyone - {source}:
            open_ports = {
                port for port in PORTS if reaches(source, target, port, held=held, where=where, outsiders=outsiders)
            }
            if open_ports:
                found[source, target] = open_ports
    return found


def reaches(
    source: str,
    target: str,
    port: str,
    *,
    held: set[tuple[str, str, str, str]],
    where: dict[str, Place],
    outsiders: set[str],
) -> bool:
    """Both security groups agree, and the packet finds a way. The world is everybody, inside and outside."""
    if source in outsiders and target in outsiders:
        return False
    if source in outsiders:
        let_in = any(("in", target, peer, port) in held for peer in {source, "world"})
        by_internet = where[target].public_address and "igw" in where[target].ways_out
        return let_in and (by_internet or (source == "cloudfront" and where[target].origin))
    if target in outsiders:
        let_out = any(("out", source, peer, port) in held for peer in {target, "world"})
        has_way = "nat" in where[source].ways_out or (where[source].public_address and "igw" in where[source].ways_out)
        return let_out and has_way
    let_out = any(("out", source, peer, port) in held for peer in (target, "world"))
    return let_out and any(("in", target, peer, port) in held for peer in (source, "world"))

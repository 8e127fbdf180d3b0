"""Topology of a composition, read from its state."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import NamedTuple

from devtools.terraform_json import Values
from rehearsal.model.state import State
from rehearsal.model.topology import Group, Host, Rule, Subnet, Topology

# The emulator's public addresses are loopback ones; here they become, in order, addresses reserved for documentation.
PUBLIC = IPv4Network("192.0.2.128/25")
# What AWS's own lists of addresses hold is not in the state.
CLOUDFRONT = IPv4Address("192.0.2.40")
SERVICES = {"dynamodb": IPv4Address("192.0.2.20"), "s3": IPv4Address("192.0.2.30")}


class HostGroup(NamedTuple):
    """So many equal hosts; their subnets in the order of their zones."""

    role: str
    size: int
    groups: frozenset[str]
    subnets: list[str]
    name: str = ""  # of an auto scaling group, whose fixed address has it too


def read_topology(state: State) -> Topology:
    """The network, its groups, and as many hosts as the groups, services and databases of the state want."""
    topology = Topology(
        IPv4Network(state.one("aws_vpc")["cidr_block"]),
        {subnet["id"]: _subnet(state, subnet) for subnet in state.values("aws_subnet")},
        {group["id"]: _group(state, group) for group in state.values("aws_security_group")},
    )
    _add_nat_gateways(state, topology)
    for group in _host_groups(state):
        for number in range(group.size):
            subnet = group.subnets[number % len(group.subnets)]
            topology.add(group.role, subnet, group.groups, _public_address(state, topology, group, subnet))
    return topology


def _host_groups(state: State) -> Iterator[HostGroup]:
    for group in state.values("aws_autoscaling_group"):
        template = state.one("aws_launch_template", name=group["launch_template"][0]["name"])
        members = template["vpc_security_group_ids"]
        found = _host_group(state, members, group["desired_capacity"], group["vpc_zone_identifier"])
        yield found._replace(name=group["name"])
    for balancer in state.values("aws_lb"):
        yield _host_group(state, balancer["security_groups"], len(balancer["subnets"]), balancer["subnets"])
    for service in state.values("aws_ecs_service"):
        network = service["network_configuration"][0]
        yield _host_group(state, network["security_groups"], service["desired_count"], network["subnets"])
    for endpoint in state.values("aws_vpc_endpoint"):
        if endpoint["vpc_endpoint_type"] == "Interface":
            subnets = endpoint["subnet_ids"]
            yield _host_group(state, endpoint["security_group_ids"], len(subnets), subnets)
    for database in state.values("aws_db_instance"):
        subnets = state.one("aws_db_subnet_group", name=database["db_subnet_group_name"])["subnet_ids"]
        yield _host_group(state, database["vpc_security_group_ids"], 1 + database["multi_az"], subnets)
    for cluster in state.values("aws_rds_cluster"):  # a writer and two standbys
        subnets = state.one("aws_db_subnet_group", name=cluster["db_subnet_group_name"])["subnet_ids"]
        yield _host_group(state, cluster["vpc_security_group_ids"], 3, subnets)


def _host_group(state: State, groups: list[str], count: int, subnets: list[str]) -> HostGroup:
    zones = {subnet["id"]: subnet["availability_zone"] for subnet in state.values("aws_subnet")}
    in_order = sorted(subnets, key=lambda subnet: zones[subnet])
    return HostGroup(state.role(groups[0]), count, frozenset(groups), in_order)


def _subnet(state: State, subnet: Values) -> Subnet:
    table = state.one("aws_route_table_association", subnet_id=subnet["id"])["route_table_id"]
    routes = {
        IPv4Network(route["destination_cidr_block"]): _next_hop(state, route)
        for route in state.values("aws_route")
        if route["route_table_id"] == table
    }
    for endpoint in state.values("aws_vpc_endpoint"):
        if endpoint["vpc_endpoint_type"] == "Gateway" and table in endpoint["route_table_ids"]:
            service = endpoint["service_name"].rsplit(".", 1)[-1]
            routes[IPv4Network(SERVICES[service])] = f"endpoint of {service}"
    return Subnet(
        subnet["id"],
        _name(subnet),
        subnet["availability_zone"],
        IPv4Network(subnet["cidr_block"]),
        routes,
        subnet["map_public_ip_on_launch"],
    )


def _next_hop(state: State, route: Values) -> str:
    if route["nat_gateway_id"]:
        return _nat_name(state, state.one("aws_nat_gateway", id=route["nat_gateway_id"]))
    return "igw"


def _nat_name(state: State, nat: Values) -> str:
    return f"nat-{1 + state.values('aws_nat_gateway').index(nat)}"


def _group(state: State, group: Values) -> Group:
    rules = [
        _rule(state, rule, outward)
        for outward, kind in ((False, "ingress"), (True, "egress"))
        for rule in state.values(f"aws_vpc_security_group_{kind}_rule")
        if rule["security_group_id"] == group["id"]
    ]
    return Group(group["id"], state.role(group["id"]), tuple(rules))


def _rule(state: State, rule: Values, outward: bool) -> Rule:
    peer: str | tuple[IPv4Network, ...] = rule["referenced_security_group_id"] or ()
    if rule["cidr_ipv4"]:
        peer = (IPv4Network(rule["cidr_ipv4"]),)
    if rule["prefix_list_id"]:
        peer = _prefix_list(state, rule["prefix_list_id"])
    if not peer:
        raise LookupError(f"a rule without a peer that is known here: {rule['description']}")
    return Rule(outward, peer, (rule["from_port"], rule["to_port"]) if rule["ip_protocol"] == "tcp" else None)


def _prefix_list(state: State, identifier: str) -> tuple[IPv4Network, ...]:
    names = {found["id"]: found["name"] for found in state.values("aws_ec2_managed_prefix_list")}
    names |= {found["prefix_list_id"]: found["service_name"] for found in state.values("aws_vpc_endpoint")}
    if names[identifier].endswith("cloudfront.origin-facing"):
        return (IPv4Network(CLOUDFRONT),)
    return (IPv4Network(SERVICES[names[identifier].rsplit(".", 1)[-1]]),)


def _add_nat_gateways(state: State, topology: Topology) -> None:
    for nat in state.values("aws_nat_gateway"):
        name = _nat_name(state, nat)
        address = topology.subnets[nat["subnet_id"]].network[5]
        public = _documentation_address(state, state.one("aws_eip", id=nat["allocation_id"])["public_ip"])
        topology.nats[name] = Host(name, "nat", nat["subnet_id"], address, frozenset(), public)


def _public_address(state: State, topology: Topology, group: HostGroup, subnet: str) -> IPv4Address | None:
    """A fixed address where the group has one, any where the subnet gives one."""
    if topology.subnets[subnet].public:
        for eip in state.values("aws_eip"):
            if _name(eip) == group.name:
                return _documentation_address(state, eip["public_ip"])
        return PUBLIC[100 + len(topology.hosts)]
    return None


def _documentation_address(state: State, emulated: str) -> IPv4Address:
    """The address that stands for one the emulator gave."""
    return PUBLIC[1 + sorted(eip["public_ip"] for eip in state.values("aws_eip")).index(emulated)]


def _name(resource: Values) -> str:
    return str((resource.get("tags") or {}).get("Name", ""))

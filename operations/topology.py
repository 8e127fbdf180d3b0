"""Topology of a composition, read from its state: who is where, which way packets take, and who may reach whom."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from devtools.terraform_json import State, Values

ANYWHERE = "0.0.0.0/0"
INTERNET = "internet gateway"

Hosts = Iterator[tuple[list[str], list[str], str]]  # security groups, subnets, what they are


@dataclass
class Role:
    """The hosts that share a security group."""

    name: str
    about: str
    machine: str = ""
    subnets: list[str] = field(default_factory=list)


class Edge(NamedTuple):
    source: str
    target: str
    kind: str  # in: may open a connection; out: may go out; way: packets pass here
    ports: str = ""
    note: str = ""


class Topology(State):
    """A composition that stands, as a diagram shows it."""

    @cached_property
    def subnets(self) -> dict[str, Values]:
        return {subnet["id"]: subnet for subnet in self.values("aws_subnet")}

    @cached_property
    def gateway_endpoints(self) -> dict[str, Values]:
        """By the name of their service."""
        gateways = (of for of in self.values("aws_vpc_endpoint") if of["vpc_endpoint_type"] == "Gateway")
        return {service(gateway): gateway for gateway in gateways}

    @cached_property
    def roles(self) -> dict[str, Role]:
        """By the id of the security group; groups without members are left out."""
        groups = self.of("aws_security_group")
        found = {group.values["id"]: Role(str(group.index), group.values["description"]) for group in groups}
        for group_ids, subnet_ids, machine in chain(*(hosts(self) for hosts in HOSTS)):
            for group in group_ids:
                role = found[group]
                role.machine = f"{machine}; the same again" if role.subnets else machine
                role.subnets = [*role.subnets, *subnet_ids]
        return found

    @cached_property
    def ways_out(self) -> dict[str, str]:
        """Subnet => what its default route leads to."""
        nats = {nat.values["id"]: f"NAT gateway {nat.index}" for nat in self.of("aws_nat_gateway")}
        tables = {of["route_table_id"]: nats.get(of["nat_gateway_id"], INTERNET) for of in self.values("aws_route")}
        links = self.values("aws_route_table_association")
        return {of["subnet_id"]: tables.get(of["route_table_id"], "nowhere") for of in links}

    def ways_of(self, role: Role) -> set[str]:
        return {self.ways_out[subnet] for subnet in role.subnets}


def service(endpoint: Values) -> str:
    return str(endpoint["service_name"].rsplit(".", 1)[-1])


# Whatever owns network interfaces.


def instances(topology: Topology) -> Hosts:
    for group in topology.of("aws_autoscaling_group"):
        template, settings = topology.beside(group, "aws_launch_template"), group.values
        fewest, most = settings["min_size"], settings["max_size"]
        # Without a policy nothing scales it: what is above the fewest is room for a replacement.
        scaled = any(of.module == group.module for of in topology.of("aws_autoscaling_policy"))
        count = f"{fewest} to {most}" if scaled and fewest != most else f"{fewest}"
        about = f"{count} × EC2 {template['instance_type']}, in an auto scaling group"
        yield template["vpc_security_group_ids"], settings["vpc_zone_identifier"], about


def tasks(topology: Topology) -> Hosts:
    for of in topology.of("aws_ecs_service"):
        size = topology.beside(of, "aws_ecs_task_definition", "serve")
        [network] = of.values["network_configuration"]
        about = f"{of.values['desired_count']} × Fargate, {int(size['cpu']) / 1024:g} vCPU, {size['memory']} MB"
        yield network["security_groups"], network["subnets"], about


def balancers(topology: Topology) -> Hosts:
    for balancer in topology.values("aws_lb"):
        about = f"Application load balancer, {'private' if balancer['internal'] else 'public'} addresses"
        yield balancer["security_groups"], balancer["subnets"], about


def databases(topology: Topology) -> Hosts:
    for database in topology.of("aws_db_instance"):
        settings, within = database.values, topology.beside(database, "aws_db_subnet_group")["subnet_ids"]
        copies = "primary and standby" if settings["multi_az"] else "one instance"
        yield settings["vpc_security_group_ids"], within, f"RDS {settings['instance_class']}, {copies}"


def clusters(topology: Topology) -> Hosts:
    for cluster in topology.of("aws_rds_cluster"):
        settings, within = cluster.values, topology.beside(cluster, "aws_db_subnet_group")["subnet_ids"]
        about = f"RDS cluster {settings['db_cluster_instance_class']}, a writer and two that can be read"
        yield settings["vpc_security_group_ids"], within, about


def endpoints(topology: Topology) -> Hosts:
    found = [of for of in topology.values("aws_vpc_endpoint") if of["vpc_endpoint_type"] == "Interface"]
    services = ", ".join(sorted(service(of) for of in found))
    yield from ((of["security_group_ids"], of["subnet_ids"], services) for of in found)


HOSTS = (instances, tasks, balancers, databases, clusters, endpoints)


def edges(topology: Topology) -> list[Edge]:
    """Rules between the same two become one edge that carries all their ports."""
    ports: dict[tuple[str, str, str, str], set[str]] = defaultdict(set)
    for source, target, kind, note, port in chain(inward(topology), outward(topology)):
        ports[source, target, kind, note].add(port)
    found = [
        Edge(source, target, kind, ", ".join(sorted(of, key=first_port)), note)
        for (source, target, kind, note), of in ports.items()
    ]
    return sorted([*found, *routes(topology)])


def inward(topology: Topology) -> Iterator[tuple[str, str, str, str, str]]:
    for rule in topology.values("aws_vpc_security_group_ingress_rule"):
        target = topology.roles[rule["security_group_id"]].name
        peer = rule["referenced_security_group_id"]
        source = topology.roles[peer].name if peer else INTERNET
        note = "" if peer or rule["cidr_ipv4"] == ANYWHERE else "you only" if rule["cidr_ipv4"] else ""
        if rule["prefix_list_id"]:
            source = "CloudFront"
        yield source, target, "in", note, port_of(rule)


def outward(topology: Topology) -> Iterator[tuple[str, str, str, str, str]]:
    """What leaves the network; what stays in it is an inward rule of whom it reaches."""
    lists = {endpoint["prefix_list_id"]: name for name, endpoint in topology.gateway_endpoints.items()}
    for rule in topology.values("aws_vpc_security_group_egress_rule"):
        role = topology.roles[rule["security_group_id"]]
        leads_to = {lists[rule["prefix_list_id"]]} if rule["prefix_list_id"] else topology.ways_of(role)
        for target in leads_to if not rule["referenced_security_group_id"] else ():
            yield role.name, target, "out", "", port_of(rule)


def routes(topology: Topology) -> Iterator[Edge]:
    yield Edge("internet", INTERNET, "way")
    yield from (Edge(address, INTERNET, "way") for address in sorted(known_addresses(topology)))
    yield from (Edge(INTERNET, way, "way") for way in set(topology.ways_out.values()) - {INTERNET, "nowhere"})
    if topology.of("aws_cloudfront_distribution"):
        yield Edge("internet", "CloudFront", "way")


def known_addresses(topology: Topology) -> set[str]:
    """Ranges that are let in by name, such as yours at the bastion."""
    return {rule["cidr_ipv4"] for rule in topology.values("aws_vpc_security_group_ingress_rule")} - {None, "", ANYWHERE}


def port_of(rule: Values) -> str:
    first, last = rule.get("from_port"), rule.get("to_port")
    return "all" if first is None else f"{first}" if first == last else f"{first}-{last}"


def first_port(port: str) -> int:
    return int(port.split("-", maxsplit=1)[0]) if port[0].isdigit() else 0

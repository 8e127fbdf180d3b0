"""What stands, read from Terraform's state: who is where, which way packets take, and who may reach whom."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

WORLD = "0.0.0.0/0"
INTERNET = "internet gateway"

Values = dict[str, Any]
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


class State:
    """What `terraform show -json` says."""

    def __init__(self, shown: Values) -> None:
        self.resources = list(walk(shown["values"]["root_module"]))

    def of(self, kind: str) -> list[Values]:
        return [resource for resource in self.resources if resource["type"] == kind]

    def values(self, kind: str) -> list[Values]:
        return [resource["values"] for resource in self.of(kind)]

    def beside(self, resource: Values, kind: str, index: str | None = None) -> Values:
        """The settings of the one resource of that kind in the same module."""
        [found] = [r for r in self.of(kind) if module(r) == module(resource) and index in (None, r.get("index"))]
        return dict(found["values"])

    @cached_property
    def subnets(self) -> dict[str, Values]:
        return {subnet["id"]: subnet for subnet in self.values("aws_subnet")}

    @cached_property
    def doors(self) -> dict[str, Values]:
        """Gateway endpoints by the name of their service."""
        gateways = (of for of in self.values("aws_vpc_endpoint") if of["vpc_endpoint_type"] == "Gateway")
        return {service(door): door for door in gateways}

    @cached_property
    def roles(self) -> dict[str, Role]:
        """By the id of the security group; a group that nobody is in stands nowhere."""
        groups = self.of("aws_security_group")
        found = {of["values"]["id"]: Role(of["index"], of["values"]["description"]) for of in groups}
        for group_ids, subnet_ids, machine in chain(*(hosts(self) for hosts in HOSTS)):
            for group in group_ids:
                found[group].machine, found[group].subnets = machine, subnet_ids
        return found

    @cached_property
    def ways_out(self) -> dict[str, str]:
        """Subnet => what its default route leads to."""
        nat = {gate["values"]["id"]: f"NAT gateway {gate['index']}" for gate in self.of("aws_nat_gateway")}
        tables = {of["route_table_id"]: nat.get(of["nat_gateway_id"], INTERNET) for of in self.values("aws_route")}
        links = self.values("aws_route_table_association")
        return {of["subnet_id"]: tables.get(of["route_table_id"], "nowhere") for of in links}

    def ways_of(self, role: Role) -> set[str]:
        return {self.ways_out[subnet] for subnet in role.subnets}


def walk(part: Values) -> Iterator[Values]:
    yield from part.get("resources", [])
    for child in part.get("child_modules", []):
        yield from walk(child)


def module(resource: Values) -> str:
    return str(resource["address"].rsplit(f"{resource['type']}.", 1)[0])


def service(endpoint: Values) -> str:
    return str(endpoint["service_name"].rsplit(".", 1)[-1])


# Whatever owns network interfaces.


def instances(state: State) -> Hosts:
    for group in state.of("aws_autoscaling_group"):
        template, settings = state.beside(group, "aws_launch_template"), group["values"]
        fewest, most = settings["min_size"], settings["max_size"]
        count = f"{fewest}" if fewest == most else f"{fewest} to {most}"
        about = f"{count} × EC2 {template['instance_type']}, in an auto scaling group"
        yield template["vpc_security_group_ids"], settings["vpc_zone_identifier"], about


def tasks(state: State) -> Hosts:
    for of in state.of("aws_ecs_service"):
        size = state.beside(of, "aws_ecs_task_definition", "serve")
        [network] = of["values"]["network_configuration"]
        about = f"{of['values']['desired_count']} × Fargate, {int(size['cpu']) / 1024:g} vCPU, {size['memory']} MB"
        yield network["security_groups"], network["subnets"], about


def balancers(state: State) -> Hosts:
    for balancer in state.values("aws_lb"):
        about = f"Application load balancer, {'private' if balancer['internal'] else 'public'} addresses"
        yield balancer["security_groups"], balancer["subnets"], about


def databases(state: State) -> Hosts:
    for database in state.of("aws_db_instance"):
        settings, within = database["values"], state.beside(database, "aws_db_subnet_group")["subnet_ids"]
        copies = "primary and standby" if settings["multi_az"] else "one instance"
        yield settings["vpc_security_group_ids"], within, f"RDS {settings['instance_class']}, {copies}"


def endpoints(state: State) -> Hosts:
    found = [of for of in state.values("aws_vpc_endpoint") if of["vpc_endpoint_type"] == "Interface"]
    services = ", ".join(sorted(service(of) for of in found))
    yield from ((of["security_group_ids"], of["subnet_ids"], services) for of in found)


HOSTS = (instances, tasks, balancers, databases, endpoints)


def edges(state: State) -> list[Edge]:
    """Rules between the same two become one edge that carries all their ports."""
    ports: dict[tuple[str, str, str, str], set[str]] = defaultdict(set)
    for source, target, kind, note, port in chain(inward(state), outward(state)):
        ports[source, target, kind, note].add(port)
    found = [
        Edge(source, target, kind, ", ".join(sorted(of, key=first_port)), note)
        for (source, target, kind, note), of in ports.items()
    ]
    return sorted([*found, *routes(state)])


def inward(state: State) -> Iterator[tuple[str, str, str, str, str]]:
    for rule in state.values("aws_vpc_security_group_ingress_rule"):
        target = state.roles[rule["security_group_id"]].name
        peer = rule["referenced_security_group_id"]
        source = state.roles[peer].name if peer else INTERNET
        note = "" if peer or rule["cidr_ipv4"] == WORLD else "you only" if rule["cidr_ipv4"] else "CloudFront only"
        yield source, target, "in", note, port_of(rule)


def outward(state: State) -> Iterator[tuple[str, str, str, str, str]]:
    """What leaves the network; what stays in it is an inward rule of whom it reaches."""
    lists = {door["prefix_list_id"]: name for name, door in state.doors.items()}
    for rule in state.values("aws_vpc_security_group_egress_rule"):
        role = state.roles[rule["security_group_id"]]
        leads_to = {lists[rule["prefix_list_id"]]} if rule["prefix_list_id"] else state.ways_of(role)
        for target in leads_to if not rule["referenced_security_group_id"] else ():
            yield role.name, target, "out", "", port_of(rule)


def routes(state: State) -> Iterator[Edge]:
    yield Edge("internet", INTERNET, "way")
    yield from (Edge(address, INTERNET, "way") for address in sorted(known_addresses(state)))
    yield from (Edge(INTERNET, way, "way") for way in set(state.ways_out.values()) - {INTERNET, "nowhere"})
    if state.of("aws_cloudfront_distribution"):
        yield from (Edge("internet", "CloudFront", "way"), Edge("CloudFront", INTERNET, "way"))


def known_addresses(state: State) -> set[str]:
    """Ranges that are let in by name, such as yours at the bastion."""
    return {rule["cidr_ipv4"] for rule in state.values("aws_vpc_security_group_ingress_rule")} - {None, "", WORLD}


def port_of(rule: Values) -> str:
    first, last = rule.get("from_port"), rule.get("to_port")
    return "all" if first is None else f"{first}" if first == last else f"{first}-{last}"


def first_port(port: str) -> int:
    return int(port.split("-", maxsplit=1)[0]) if port[0].isdigit() else 0

"""Reads a Terraform state (`terraform show -json`) into the description of a world, and what its programs are told."""

from __future__ import annotations

import base64
import gzip
import json
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from rehearsal.model.topology import Group, Host, Rule, Subnet, World

# The emulator's public addresses are loopback ones; here they become, in order, addresses reserved for documentation.
PUBLIC = IPv4Network("192.0.2.128/25")
# What AWS's own lists of addresses hold is not in the state.
CLOUDFRONT = IPv4Address("192.0.2.40")
SERVICES = {"dynamodb": IPv4Address("192.0.2.20"), "s3": IPv4Address("192.0.2.30")}


@dataclass(frozen=True)
class State:
    text: str

    @cached_property
    def resources(self) -> list[dict[str, Any]]:
        return list(_resources(json.loads(self.text)["values"]["root_module"]))

    def all(self, kind: str) -> list[dict[str, Any]]:
        return [resource["values"] for resource in self.resources if resource["type"] == kind]

    def one(self, kind: str, **wanted: Any) -> dict[str, Any]:
        found = [values for values in self.all(kind) if all(values[name] == value for name, value in wanted.items())]
        if len(found) != 1:
            raise LookupError(f"{len(found)} of {kind} with {wanted} in the state")
        return found[0]

    def world(self) -> World:
        """The network, its groups, and as many hosts as the groups, services and databases of the state want."""
        world = World(
            IPv4Network(self.one("aws_vpc")["cidr_block"]),
            {subnet.id: subnet for subnet in map(self._subnet, self.all("aws_subnet"))},
            {group["id"]: self._group(group) for group in self.all("aws_security_group")},
        )
        self._add_nats(world)
        for role, count, groups, subnets in self._wanted():
            for number in range(count):
                subnet = subnets[number % len(subnets)]
                world.add(role, subnet, groups, self._public(world, role, subnet))
        return world

    def _wanted(self) -> Iterator[tuple[str, int, frozenset[str], list[str]]]:
        """Role, how many, groups, and subnets in the order of their zones."""
        for group in self.all("aws_autoscaling_group"):
            template = self.one("aws_launch_template", name=group["launch_template"][0]["name"])
            yield self._kind(
                template["vpc_security_group_ids"], group["desired_capacity"], group["vpc_zone_identifier"]
            )
        for balancer in self.all("aws_lb"):
            yield self._kind(balancer["security_groups"], len(balancer["subnets"]), balancer["subnets"])
        for service in self.all("aws_ecs_service"):
            network = service["network_configuration"][0]
            yield self._kind(network["security_groups"], service["desired_count"], network["subnets"])
        for endpoint in self.all("aws_vpc_endpoint"):
            if endpoint["vpc_endpoint_type"] == "Interface":
                yield self._kind(endpoint["security_group_ids"], len(endpoint["subnet_ids"]), endpoint["subnet_ids"])
        for database in self.all("aws_db_instance"):
            subnets = self.one("aws_db_subnet_group", name=database["db_subnet_group_name"])["subnet_ids"]
            yield self._kind(database["vpc_security_group_ids"], 1 + database["multi_az"], subnets)

    def _kind(
        self, groups: Sequence[str], count: int, subnets: Sequence[str]
    ) -> tuple[str, int, frozenset[str], list[str]]:
        zones = {subnet["id"]: subnet["availability_zone"] for subnet in self.all("aws_subnet")}
        return self.role(groups[0]), count, frozenset(groups), sorted(subnets, key=lambda subnet: zones[subnet])

    def role(self, group: str) -> str:
        return str(self.one("aws_security_group", id=group)["name"].rsplit("-", 1)[-1])

    def _subnet(self, subnet: dict[str, Any]) -> Subnet:
        table = next(
            association["route_table_id"]
            for association in self.all("aws_route_table_association")
            if association["subnet_id"] == subnet["id"]
        )
        routes = {
            IPv4Network(route["destination_cidr_block"]): self._way(route)
            for route in self.all("aws_route")
            if route["route_table_id"] == table
        }
        for endpoint in self.all("aws_vpc_endpoint"):
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

    def _way(self, route: dict[str, Any]) -> str:
        if route["nat_gateway_id"]:
            return self._nat_name(self.one("aws_nat_gateway", id=route["nat_gateway_id"]))
        return "igw"

    def _nat_name(self, nat: dict[str, Any]) -> str:
        return f"nat-{1 + self.all('aws_nat_gateway').index(nat)}"

    def _group(self, group: dict[str, Any]) -> Group:
        rules = [
            self._rule(rule, outward)
            for outward, kind in ((False, "ingress"), (True, "egress"))
            for rule in self.all(f"aws_vpc_security_group_{kind}_rule")
            if rule["security_group_id"] == group["id"]
        ]
        return Group(group["id"], self.role(group["id"]), tuple(rules))

    def _rule(self, rule: dict[str, Any], outward: bool) -> Rule:
        peer: str | tuple[IPv4Network, ...] = rule["referenced_security_group_id"] or ()
        if rule["cidr_ipv4"]:
            peer = (IPv4Network(rule["cidr_ipv4"]),)
        if rule["prefix_list_id"]:
            peer = self._listed(rule["prefix_list_id"])
        if not peer:
            raise LookupError(f"a rule without a peer that is known here: {rule['description']}")
        return Rule(outward, peer, (rule["from_port"], rule["to_port"]) if rule["ip_protocol"] == "tcp" else None)

    def _listed(self, prefix_list: str) -> tuple[IPv4Network, ...]:
        lists = {found["id"]: found["name"] for found in self.all("aws_ec2_managed_prefix_list")}
        lists |= {found["prefix_list_id"]: found["service_name"] for found in self.all("aws_vpc_endpoint")}
        if lists[prefix_list].endswith("cloudfront.origin-facing"):
            return (IPv4Network(CLOUDFRONT),)
        return (IPv4Network(SERVICES[lists[prefix_list].rsplit(".", 1)[-1]]),)

    def _add_nats(self, world: World) -> None:
        for nat in self.all("aws_nat_gateway"):
            name = self._nat_name(nat)
            address = world.subnets[nat["subnet_id"]].network[5]
            public = self.shown(self.one("aws_eip", id=nat["allocation_id"])["public_ip"])
            world.nats[name] = Host(name, "nat", nat["subnet_id"], address, frozenset(), public)

    def _public(self, world: World, role: str, subnet: str) -> IPv4Address | None:
        """A fixed address where the role has one, any where the subnet gives one."""
        if world.subnets[subnet].public:
            for eip in self.all("aws_eip"):
                if _name(eip).rsplit("-", 1)[-1] == role and not world.of(role):
                    return self.shown(eip["public_ip"])
            return PUBLIC[100 + len(world.hosts)]
        return None

    def shown(self, emulated: str) -> IPv4Address:
        """The address that stands for one the emulator gave."""
        return PUBLIC[1 + sorted(eip["public_ip"] for eip in self.all("aws_eip")).index(emulated)]

    def user_data(self, role: str) -> str:
        template = next(t for t in self.all("aws_launch_template") if self.role(t["vpc_security_group_ids"][0]) == role)
        return gzip.decompress(base64.b64decode(template["user_data"])).decode()

    def arguments(self, role: str, program: str) -> list[str]:
        """What the user data of a role calls one of the project's programs with."""
        script = self.user_data(role).replace("\\\n", " ")
        found = re.search(rf"^(?:sh )?\S*/{re.escape(program)} (.+)$", script, re.MULTILINE)
        if found is None:
            raise LookupError(f"{program} in the user data of {role}")
        return shlex.split(found.group(1))

    def written(self, role: str, word: str) -> str:
        """What the user data of a role writes into a file, between two lines with that word."""
        found = re.search(rf"<<'{word}'\n(.*?)^{word}$", self.user_data(role), re.MULTILINE | re.DOTALL)
        if found is None:
            raise LookupError(f"{word} in the user data of {role}")
        return found[1]

    def listeners(self) -> list[dict[str, Any]]:
        """The load balancer's: port, whether it ends TLS, the port it redirects to if any, paths that it hides."""
        hidden = {
            rule["listener_arn"]: rule["condition"][0]["path_pattern"][0]["values"]
            for rule in self.all("aws_lb_listener_rule")
            if rule["action"][0]["type"] == "fixed-response"
        }
        return [
            {
                "port": listener["port"],
                "tls": listener["protocol"] == "HTTPS",
                "redirect": next((way["port"] for way in listener["default_action"][0]["redirect"]), None),
                "hidden": hidden.get(listener["arn"], []),
            }
            for listener in self.all("aws_lb_listener")
        ]

    def endpoints(self) -> list[tuple[str, int]]:
        """The interface endpoints in the order of their hosts: service, and how many hosts."""
        found = [endpoint for endpoint in self.all("aws_vpc_endpoint") if endpoint["vpc_endpoint_type"] == "Interface"]
        return [(endpoint["service_name"].rpartition(".")[-1], len(endpoint["subnet_ids"])) for endpoint in found]

    def output(self, name: str) -> str:
        return str(json.loads(self.text)["values"]["outputs"][name]["value"])

    @property
    def region(self) -> str:
        return str(self.all("aws_region")[0]["name"])

    def secrets(self) -> dict[str, str | None]:
        """ARN => the user it is for, or none."""
        found: dict[str, str | None] = {}
        for secret in self.all("aws_secretsmanager_secret"):
            kind, _, user = secret["name"].rpartition("/")[-1].partition("-")
            found[secret["arn"]] = user if kind == "database" else None
        for database in self.all("aws_db_instance"):
            found |= {secret["secret_arn"]: database["username"] for secret in database["master_user_secret"]}
        return found

    def parameters(self) -> dict[str, str]:
        return {parameter["name"]: parameter["value"] for parameter in self.all("aws_ssm_parameter")}

    def tables(self) -> list[dict[str, Any]]:
        """What DynamoDB is asked for to make the tables."""
        return [_table(table) for table in self.all("aws_dynamodb_table")]

    def container(self, suffix: str = "") -> dict[str, Any]:
        """The one container of the service's task definition, or of that with `suffix`."""
        family = self.all("aws_ecs_service")[0]["name"] + suffix
        definitions = json.loads(self.one("aws_ecs_task_definition", family=family)["container_definitions"])
        return dict(definitions[0])


def _table(table: dict[str, Any]) -> dict[str, Any]:
    def keys(of: dict[str, Any]) -> list[dict[str, str]]:
        named = [("HASH", of["hash_key"]), ("RANGE", of["range_key"])]
        return [{"AttributeName": name, "KeyType": kind} for kind, name in named if name]

    indexes = [
        {
            "IndexName": index["name"],
            "KeySchema": keys(index),
            "Projection": {"ProjectionType": index["projection_type"]},
        }
        for index in table["global_secondary_index"]
    ]
    return {
        "TableName": table["name"],
        "KeySchema": keys(table),
        "AttributeDefinitions": [{"AttributeName": a["name"], "AttributeType": a["type"]} for a in table["attribute"]],
        "BillingMode": "PAY_PER_REQUEST",
    } | ({"GlobalSecondaryIndexes": indexes} if indexes else {})


def _resources(module: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from module.get("resources", [])
    for child in module.get("child_modules", []):
        yield from _resources(child)


def _name(resource: dict[str, Any]) -> str:
    return str((resource.get("tags") or {}).get("Name", ""))

"""The diagrams in docs/: how they are drawn. That they show what stands is asked of each applied composition."""

import re
from typing import Any

from infra.drawn import DIAGRAMS
from operations.diagram import digest
from operations.topology import Edge, Topology, edges

PICTURES = ("three-tier", "three-tier-cluster", "task-manager", "eight-digit-public-task", "eight-digit-load-balancer")


def resource(kind: str, index: str, module: str = "module.m", **values: Any) -> dict[str, Any]:
    return {"type": kind, "address": f'{module}.{kind}.of["{index}"]', "index": index, "values": values}


def two_zones(**rule: Any) -> Topology:
    """Instances in a private subnet of each zone, behind a NAT gateway of each zone, and one rule."""
    zones = [
        of
        for zone in "ab"
        for of in (
            resource("aws_subnet", zone, id=f"subnet-{zone}", availability_zone=f"x-{zone}", cidr_block=f"10.0.{zone}"),
            resource("aws_nat_gateway", f"public-{zone}", id=f"nat-{zone}", subnet_id=f"subnet-{zone}"),
            resource("aws_route", zone, route_table_id=f"table-{zone}", nat_gateway_id=f"nat-{zone}"),
            resource("aws_route_table_association", zone, route_table_id=f"table-{zone}", subnet_id=f"subnet-{zone}"),
        )
    ]
    hosts = [
        resource("aws_security_group", "app", id="sg", description="The app"),
        resource("aws_launch_template", "app", "module.h", vpc_security_group_ids=["sg"], instance_type="t3.nano"),
        resource(
            "aws_autoscaling_group",
            "app",
            "module.h",
            min_size=2,
            max_size=2,
            vpc_zone_identifier=["subnet-a", "subnet-b"],
        ),
    ]
    usual = {"security_group_id": "sg", "referenced_security_group_id": "", "prefix_list_id": "", "cidr_ipv4": ""}
    kind = "aws_vpc_security_group_egress_rule" if rule.pop("out") else "aws_vpc_security_group_ingress_rule"
    rules = [resource(kind, "rule", **(usual | rule))]
    return Topology({"values": {"root_module": {"resources": zones, "child_modules": [{"resources": hosts + rules}]}}})


def test_a_way_out_leads_through_the_nat_gateway_of_each_zone() -> None:
    topology = two_zones(out=True, cidr_ipv4="0.0.0.0/0", from_port=443, to_port=443)
    out = {(edge.source, edge.target, edge.ports) for edge in edges(topology) if edge.kind == "out"}
    assert out == {("app", "NAT gateway public-a", "443"), ("app", "NAT gateway public-b", "443")}


def test_a_rule_for_all_ports_is_drawn_as_such() -> None:
    topology = two_zones(out=False, cidr_ipv4="0.0.0.0/0", from_port=None, to_port=None)
    assert Edge("internet gateway", "app", "in", "all") in edges(topology)


def test_each_picture_is_drawn_from_its_committed_source() -> None:
    for name in PICTURES:
        picture = (DIAGRAMS / f"{name}.svg").read_text()
        assert f"<!-- drawn from {digest((DIAGRAMS / f'{name}.dot').read_text())} -->" in picture, "run: make diagrams"


def test_each_picture_says_what_it_shows_to_those_who_cannot_see_it() -> None:
    for name in PICTURES:
        picture = (DIAGRAMS / f"{name}.svg").read_text()
        assert 'role="img" aria-labelledby="title description"' in picture
        [description] = re.findall(r'<desc id="description">(.+)</desc>', picture)
        assert "may open connections to app on" in description

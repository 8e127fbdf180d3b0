"""The diagrams in docs/ show what stands: each is drawn anew from its applied composition and compared."""

import json
import os
import re
from typing import Any

import pytest
from operations.diagram import digest, dot, write
from operations.state import Edge, State, edges

from infra.composition import REPOSITORY, Composition
from infra.questions import rules

DIAGRAMS = REPOSITORY / "docs" / "diagrams"
APPLIED = {
    "three-tier": "three_tier",
    "task-manager": "task_manager",
    "eight-digit-public-task": "public_task",
    "eight-digit-load-balancer": "balanced_task",
}


def shown(composition: Composition) -> State:
    return State(json.loads(composition.terraform("show", "-json")))


@pytest.fixture(scope="module", params=APPLIED)
def standing(request: pytest.FixtureRequest) -> tuple[str, Composition]:
    return request.param, request.getfixturevalue(APPLIED[request.param])


def test_each_diagram_is_what_stands(standing: tuple[str, Composition]) -> None:
    name, composition = standing
    if os.environ.get("REGENERATE") == "1":
        write(shown(composition), DIAGRAMS / name)
    committed = (DIAGRAMS / f"{name}.dot").read_text()
    assert dot(shown(composition), name) == committed, "run: make diagrams"


def test_each_diagram_shows_every_rule_that_lets_somebody_in(standing: tuple[str, Composition]) -> None:
    """The rules are asked from the AWS API, not read from Terraform's state."""
    name, composition = standing
    text = (DIAGRAMS / f"{name}.dot").read_text().replace("internet gateway", "gateway")
    drawn = re.findall(r'tooltip="(\S+) may open connections to (\S+) on ([\d, ]+)', text)
    edges = {(source, target, port) for source, target, ports in drawn for port in re.findall(r"\d+", ports)}
    inward = {(peer, role, port) for way, role, peer, port in rules(composition) if way == "in"}
    inside = {role for _, role, _ in inward} | {"bastion", "nginx"}
    assert {(peer if peer in inside else "gateway", role, port) for peer, role, port in inward} <= edges


def resource(kind: str, index: str, module: str = "module.m", **values: Any) -> dict[str, Any]:
    return {"type": kind, "address": f'{module}.{kind}.of["{index}"]', "index": index, "values": values}


def two_zones(**rule: Any) -> State:
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
    return State({"values": {"root_module": {"resources": zones, "child_modules": [{"resources": hosts + rules}]}}})


def test_a_way_out_leads_through_the_nat_gateway_of_each_zone() -> None:
    state = two_zones(out=True, cidr_ipv4="0.0.0.0/0", from_port=443, to_port=443)
    out = {(edge.source, edge.target, edge.ports) for edge in edges(state) if edge.kind == "out"}
    assert out == {("app", "NAT gateway public-a", "443"), ("app", "NAT gateway public-b", "443")}


def test_a_rule_for_all_ports_is_drawn_as_such() -> None:
    state = two_zones(out=False, cidr_ipv4="0.0.0.0/0", from_port=None, to_port=None)
    assert Edge("internet gateway", "app", "in", "all") in edges(state)


def test_each_picture_is_drawn_from_its_committed_source() -> None:
    for name in APPLIED:
        picture = (DIAGRAMS / f"{name}.svg").read_text()
        assert f"<!-- drawn from {digest((DIAGRAMS / f'{name}.dot').read_text())} -->" in picture, "run: make diagrams"


def test_each_picture_says_what_it_shows_to_those_who_cannot_see_it() -> None:
    for name in APPLIED:
        picture = (DIAGRAMS / f"{name}.svg").read_text()
        assert 'role="img" aria-labelledby="title description"' in picture
        [description] = re.findall(r'<desc id="description">(.+)</desc>', picture)
        assert "may open connections to app on" in description

"""What holds for the diagram of each composition in docs/: it shows what stands.

Each composition's test file gets these tests with those of every composition.
"""

import os
import re

from devtools.composition import REPOSITORY, Composition
from infra.questions import rules
from operations.diagram import dot, write
from operations.topology import Topology

DIAGRAMS = REPOSITORY / "docs" / "diagrams"


def picture(composition: Composition) -> str:
    """Return the name of its diagram; eight-digit has one for each exposure."""
    if composition.name == "eight-digit":
        return f"eight-digit-{composition.variables.get('exposure', 'public-task')}"
    return "three-tier-cluster" if "database" in composition.variables else composition.name


def test_the_diagram_is_what_stands(composition: Composition) -> None:
    name, topology = picture(composition), Topology(composition.state().printed)
    if os.environ.get("REGENERATE") == "1":
        write(topology, DIAGRAMS / name)
    assert dot(topology, name) == (DIAGRAMS / f"{name}.dot").read_text(), "run: make diagrams"


def test_the_diagram_shows_every_rule_that_lets_somebody_in(composition: Composition) -> None:
    """The rules are asked from the AWS API, not read from Terraform's state."""
    text = (DIAGRAMS / f"{picture(composition)}.dot").read_text().replace("internet gateway", "gateway")
    drawn = re.findall(r'tooltip="(\S+) may open connections to (\S+) on ([\d, ]+)', text)
    edges = {(source, target, port) for source, target, ports in drawn for port in re.findall(r"\d+", ports)}
    inward = {(peer, role, port) for way, role, peer, port in rules(composition) if way == "in"}
    inside = {role for _, role, _ in inward} | {"bastion", "nginx"}
    assert {(drawn_as(peer, inside), role, port) for peer, role, port in inward} <= edges


def drawn_as(peer: str, inside: set[str]) -> str:
    """Who is outside comes through the gateway, but for the one prefix list that lets in: CloudFront's."""
    return peer if peer in inside else "CloudFront" if peer.startswith("pl-") else "gateway"

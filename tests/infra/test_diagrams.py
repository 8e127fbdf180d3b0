"""The diagrams in docs/ show what stands: each is drawn anew from its applied composition and compared."""

import json
import os
import re

import pytest
from operations.diagram import State, digest, dot, picture, write

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
    assert dot(picture(shown(composition), name)) == committed, "run: make diagrams"


def test_each_diagram_shows_every_rule_that_lets_somebody_in(standing: tuple[str, Composition]) -> None:
    """The rules are asked from the AWS API, not read from Terraform's state."""
    name, composition = standing
    text = (DIAGRAMS / f"{name}.dot").read_text().replace("internet gateway", "gateway")
    drawn = re.findall(r'tooltip="(\S+) to (\S+) ([\d, ]+)', text)
    edges = {(source, target, port) for source, target, ports in drawn for port in re.findall(r"\d+", ports)}
    inward = {(peer, role, port) for way, role, peer, port in rules(composition) if way == "in"}
    inside = {role for _, role, _ in inward} | {"bastion", "nginx"}
    assert {(peer if peer in inside else "gateway", role, port) for peer, role, port in inward} <= edges


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

"""The entries app of the eight-digit composition: reached by anybody, and its DynamoDB without the internet."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.model.apply import apply_composition
from rehearse.conftest import Run


@pytest.fixture(scope="module")
def results(usable: None, run: Run) -> dict[str, Any]:
    return run(apply_composition("eight-digit"), "matrix", "walkthrough", "dynamodb-throttled")


def test_the_tasks_are_reached_on_their_port_and_nothing_else_is(results: dict[str, Any]) -> None:
    opened = {(source, target): ports for source, target, *ports in results["matrix"]["open"]}
    assert opened == {("world", "app"): ["5000"], ("app", "world"): ["443"]}


def test_a_browser_sends_an_entry_that_dynamodb_takes_through_its_endpoint(results: dict[str, Any]) -> None:
    assert len(results["walkthrough"]["steps"]) == 4


def test_throttling_loses_and_doubles_nothing(results: dict[str, Any]) -> None:
    seen = results["dynamodb-throttled"]
    assert (seen["lost"], seen["doubled"]) == ([], [])
    assert seen["acknowledged writes"] > 0

"""The entries app of the eight-digit composition: reached by anybody, and its DynamoDB without the internet."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.model.apply import applied
from rehearse.conftest import Play


@pytest.fixture(scope="module")
def entered(usable: None, play: Play) -> dict[str, Any]:
    return play(applied("eight-digit"), "matrix", "story", "dynamodb-throttled")


def test_the_tasks_are_reached_on_their_port_and_nothing_else_is(entered: dict[str, Any]) -> None:
    opened = {(source, target): ports for source, target, *ports in entered["matrix"]["open"]}
    assert opened == {("world", "app"): ["5000"], ("app", "world"): ["443"]}


def test_a_browser_sends_an_entry_that_dynamodb_takes_through_its_endpoint(entered: dict[str, Any]) -> None:
    assert len(entered["story"]["told"]) == 4


def test_throttling_loses_and_doubles_nothing(entered: dict[str, Any]) -> None:
    seen = entered["dynamodb-throttled"]
    assert (seen["lost"], seen["doubled"]) == ([], [])
    assert seen["acknowledged writes"] > 0

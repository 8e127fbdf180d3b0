"""What goes wrong while people write: no acknowledged write is lost, none is there twice."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize("fault", ["task-killed", "database-failover"])
def test_no_acknowledged_write_is_lost_or_doubled(played: dict[str, Any], fault: str) -> None:
    assert (played[fault]["lost"], played[fault]["doubled"]) == ([], [])
    assert played[fault]["acknowledged writes"] > 0


def test_nobody_notices_a_killed_task(played: dict[str, Any]) -> None:
    assert played["task-killed"]["failures"] == {}

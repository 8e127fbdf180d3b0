"""The writer fails in three ways: nothing acknowledged is lost or doubled, and the app goes on without a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from devtools.databases import ENGINES
from devtools.failover import WAYS, rehearse

pytestmark = pytest.mark.server


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_failover_loses_and_doubles_nothing_and_restarts_nobody(engine: str, tmp_path: Path, way: str) -> None:
    outcome = rehearse(engine, tmp_path, WAYS[way], outage=1)
    assert (outcome.lost, outcome.doubled, outcome.restarted) == (0, 0, False)
    assert set(outcome.answers) <= {201, 503, "none"}
    assert outcome.answers[503]  # the writer did fail

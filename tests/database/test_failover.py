"""The writer fails in three ways: nothing acknowledged is lost or doubled, and the app goes on without a restart."""

from __future__ import annotations

import os
from pathlib import Path

import mariadb
import pytest

from .failover import WAYS, rehearse

pytestmark = pytest.mark.server


@pytest.mark.parametrize("way", WAYS)
def test_a_failover_loses_and_doubles_nothing_and_restarts_nobody(tmp_path: Path, way: str) -> None:
    if reason := mariadb.missing():
        (pytest.fail if os.environ.get("NO_SKIPS") else pytest.skip)(reason)
    outcome = rehearse(tmp_path, WAYS[way], outage=1)
    assert (outcome.lost, outcome.doubled, outcome.restarted) == (0, 0, False)
    assert set(outcome.answers) <= {201, 503, "none"}
    assert outcome.answers[503]  # the writer did fail

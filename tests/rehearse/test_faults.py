"""What goes wrong while people write: no acknowledged write is lost, none is there twice."""

from __future__ import annotations

from typing import Any

import pytest

from rehearse.files_without_s3 import *  # noqa: F403 - both with notes pass these
from rehearse.files_without_s3 import FAULTS_OF_S3


@pytest.mark.parametrize("fault", ["task-killed", "database-failover", *FAULTS_OF_S3])
def test_no_acknowledged_write_is_lost_or_doubled(results: dict[str, Any], fault: str) -> None:
    assert (results[fault]["lost"], results[fault]["doubled"]) == ([], [])
    assert results[fault]["acknowledged writes"] > 0


def test_no_request_fails_when_a_task_is_killed(results: dict[str, Any]) -> None:
    assert results["task-killed"]["failures"] == {}

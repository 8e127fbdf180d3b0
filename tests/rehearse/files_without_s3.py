"""What a composition with notes passes while S3 is slow, refuses or is gone; `results` are those of the module."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.scenarios import faults_of_s3

FAULTS_OF_S3 = [*faults_of_s3.FAULTS]


@pytest.mark.parametrize("fault", FAULTS_OF_S3)
def test_notes_go_on_working_whatever_s3_does(results: dict[str, Any], fault: str) -> None:
    found = results[fault]
    assert found["failures"] == {}
    assert found["milliseconds"]["p99"] < 5000  # nobody waits until a request to S3 is given up
    assert set(found["files"]["health"]) == {"200"}


@pytest.mark.parametrize("fault", FAULTS_OF_S3)
def test_whoever_wants_a_file_meanwhile_is_told_why_and_when_to_come_back(results: dict[str, Any], fault: str) -> None:
    files = results[fault]["files"]
    assert set(files["failures"]) <= {"read 503", "write 503"}
    assert files["told"] > 0
    assert files["counted"] > 0


@pytest.mark.parametrize("fault", FAULTS_OF_S3)
def test_every_file_that_was_acknowledged_is_there_afterwards(results: dict[str, Any], fault: str) -> None:
    files = results[fault]["files"]
    assert (files["lost"], files["doubled"]) == ([], [])
    assert files["acknowledged writes"] > 0
    assert ", 0 of them missing" in files["check"]

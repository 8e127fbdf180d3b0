"""The measurement runs from end to end; what it measures is no matter of a test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.notes import ACTIONS, MISSED, RESULTS
from devtools.programs import find_program

ROOT = Path(__file__).parents[1]


@pytest.mark.server
def test_a_quick_benchmark_prints_a_figure_for_every_action() -> None:
    find_program("wrk")
    command = [sys.executable, "-m", "benchmarks.notes", "--quick"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    rows = [line for line in ran.stdout.splitlines() if line.startswith("| ")]
    for action in ACTIONS:
        assert sum(line.startswith(f"| {action} |") for line in rows) == 3, action  # one for each database


@pytest.mark.server
def test_a_quick_benchmark_of_files_prints_both_tables() -> None:
    for program in ("curl", "nginx"):
        find_program(program)
    command = [sys.executable, "-m", "benchmarks.files", "--quick"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    for way in ("directly", "behind nginx"):
        assert ran.stdout.count(f"\n| {way} |") == 2


def test_a_promise_that_was_missed_is_explained_in_the_results() -> None:
    results = RESULTS.read_text()
    assert "| no |" not in results
    assert "see below" not in results or MISSED.partition("\n")[0] in results

"""The measurement runs from end to end; what it measures is no matter of a test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.notes import ACTIONS
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

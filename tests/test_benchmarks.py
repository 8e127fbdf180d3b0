"""The measurement runs from end to end; what it measures is no matter of a test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import load
from benchmarks.notes import ACTIONS

ROOT = Path(__file__).parents[1]


@pytest.mark.server
def test_a_quick_benchmark_prints_a_figure_for_every_action() -> None:
    if reason := load.missing():
        (pytest.fail if os.environ.get("NO_SKIPS") else pytest.skip)(reason)
    path = f"{ROOT}{os.pathsep}{ROOT / 'tests'}"
    command = [sys.executable, "-m", "benchmarks.notes", "--quick"]
    ran = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    rows = [line for line in ran.stdout.splitlines() if line.startswith("| ")]
    for action in ACTIONS:
        assert sum(line.startswith(f"| {action} |") for line in rows) == 2, action  # one for each database

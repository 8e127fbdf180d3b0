"""One run of a composition for all of its tests, started from its state; the results are plain data."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from devtools.composition import provider_mirror, terraform_binary
from devtools.programs import MissingProgram
from rehearsal.model.apply import apply_composition
from rehearsal.scenarios import faults_of_s3

pytest.register_assert_rewrite("rehearse.files_without_s3")

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ("nft", "ip", "dnsmasq", "haproxy", "nginx", "mariadbd", "sshd", "pebble", "certbot", "chromium", "certutil")
Run = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def usable() -> None:
    """Whether this machine has what a rehearsal needs."""
    lacking = [program for program in PROGRAMS if not shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin")]
    try:
        terraform_binary(), provider_mirror()
    except MissingProgram as lack:
        lacking.append(str(lack))
    if lacking:
        (pytest.fail if os.environ.get("NO_SKIPS") == "1" else pytest.skip)(f"NOT TESTED: {', '.join(lacking)}")


@pytest.fixture(scope="session")
def state(usable: None) -> Path:
    """The state of an apply, from the last one of the same sources if there is one."""
    return apply_composition("three-tier")


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Start a composition from a state and run scenarios in it."""

    def run_scenarios(state: Path, *scenarios: str) -> dict[str, Any]:
        out = tmp_path_factory.mktemp("run") / "results.json"
        command = [sys.executable, "-m", "rehearsal", "run", "--state", str(state), "--out", str(out)]
        done = subprocess.run(
            [*command, "--scenarios", ",".join(scenarios)], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
        found: dict[str, Any] = json.loads(out.read_text())
        return found

    return run_scenarios


@pytest.fixture(scope="session")
def results(state: Path, run: Run) -> dict[str, Any]:
    return run(state, "matrix", "walkthrough", "task-killed", "database-failover", *faults_of_s3.FAULTS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("server")

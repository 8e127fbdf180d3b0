"""Debian 13's and sid's Python run the app and its fast tests, for a person without root.

`make test-pythons` runs this; it takes minutes, most of them to install.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools.processes import answers_http, free_port, wait_until
from pythons.debian import Debian, debian

# The Debian of the tests themselves has 3.11.
SUITES = {"trixie": "3.13", "sid": "3.14"}


@pytest.fixture(scope="module", params=SUITES)
def suite(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def there(suite: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Debian]:
    with debian(suite, tmp_path_factory.mktemp(suite)) as made:
        yield made


def test_the_python_is_the_one_that_the_readme_names(there: Debian, suite: str) -> None:
    assert there.run("python3", "--version").stdout.startswith(f"Python {SUITES[suite]}.")


def test_the_app_runs_in_a_browser_by_one_command(there: Debian, tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{(port := free_port())}"
    with (tmp_path / "log").open("w") as log:
        running = subprocess.Popen(
            there.command("make", "run", f"PORT={port}"), env=there.environ, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        wait_until(lambda: running.poll() is not None or answers_http(f"{address}/sign-in"), "the app", 600)
        assert running.poll() is None, (tmp_path / "log").read_text()
    finally:
        there.end(running)


def test_the_fast_tests_pass(there: Debian) -> None:
    run = there.run("make", "test-fast")
    assert run.returncode == 0, run.stdout[-8000:]

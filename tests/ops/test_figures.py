"""Figures under a real gunicorn: they add up over its workers, whichever of them is asked."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

import pytest

from devtools import app_server

pytestmark = [pytest.mark.server, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


def answered(figures: str, route: str) -> int:
    return sum(int(float(n)) for n in re.findall(rf'http_request_seconds_count{{.*route="{route}".*}} (\S+)', figures))


def test_the_counts_of_all_workers_add_up(tmp_path: Path, database_url: str) -> None:
    with app_server.gunicorn(tmp_path, database_url, WEB_CONCURRENCY="3") as served:
        for _ in range(60):
            served.ask("GET", "/sign-in")
        assert {answered(served.ask("GET", "/metrics").body.decode(), "/sign-in") for _ in range(12)} == {60}
        assert len(served.ask("GET", "/pool-stats").json()["processes"]) == 3


def test_what_a_worker_has_counted_outlives_it(tmp_path: Path, database_url: str) -> None:
    with app_server.gunicorn(tmp_path, database_url) as served:
        for _ in range(20):
            served.ask("GET", "/sign-in")
        before = served.workers()
        os.kill(before[0], signal.SIGKILL)
        while len(now := served.workers()) < 2 or before[0] in now:
            time.sleep(0.05)
        served.ask("GET", "/livez")
        assert answered(served.ask("GET", "/metrics").body.decode(), "/sign-in") == 20
        assert str(before[0]) not in served.ask("GET", "/pool-stats").json()["processes"]


def test_paths_and_names_of_methods_make_no_series(tmp_path: Path, database_url: str) -> None:
    with app_server.gunicorn(tmp_path, database_url) as served:
        for number in range(20):
            served.ask(f"METHOD{number}", f"/nothing/{number}")
        figures = served.ask("GET", "/metrics").body.decode()
        assert answered(figures, "none") == 20
        assert "METHOD1" not in figures
        assert "/nothing/1" not in figures


def test_nothing_is_left_behind(tmp_path: Path, database_url: str) -> None:
    memory = Path("/dev/shm")
    with app_server.gunicorn(tmp_path, database_url) as served:
        started = Path(f"/proc/{served.process.pid}/environ")
        assert started.exists()
        mine = {
            folder
            for folder in memory.glob("counts-*")
            if any(str(pid) in file.name for file in folder.iterdir() for pid in served.workers())
        }
        assert len(mine) == 1
    assert not mine & set(memory.glob("counts-*"))

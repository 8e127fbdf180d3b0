"""Figures under a real gunicorn: they add up over its workers, whichever of them is asked."""

from __future__ import annotations

import glob
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from app.ops.metrics import OPENMETRICS
from devtools import app_server
from devtools.app_server import AppServer
from devtools.processes import ROOT, wait_until

pytestmark = [pytest.mark.server, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


MEMORY = Path("/dev/shm")


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


def samples(served: AppServer) -> dict[tuple[str, str], float]:
    """Return the figures in the format OpenMetrics by name and process."""
    answer = served.ask("GET", "/metrics", Accept="application/openmetrics-text; version=1.0.0")
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    families = list(text_string_to_metric_families(answer.body.decode()))  # type: ignore[no-untyped-call]  # the library has no types there
    return {(one.name, one.labels.get("pid", "")): one.value for family in families for one in family.samples}


def test_each_process_says_what_it_takes_of_the_machine(tmp_path: Path, database_url: str) -> None:
    with app_server.gunicorn(tmp_path, database_url, WEB_THREADS="3") as served:
        pids = {str(pid) for pid in served.workers()}

        def processes() -> set[str]:
            return {pid for figure, pid in samples(served) if figure == "process_open_fds"}

        wait_until(lambda: processes() == pids, "the figures of all workers")
        found = samples(served)
        for name in ("process_resident_memory_bytes", "process_open_fds", "process_max_fds"):
            assert {pid for figure, pid in found if figure == name} == pids
            assert all(found[name, pid] > 10 for pid in pids)
        seconds = [found["process_cpu_seconds_total", pid] for pid in pids]
        assert 0 < max(seconds) < 100  # one that was forked just now has used none yet
        assert all(time.time() - found["process_start_time_seconds", pid] < 600 for pid in pids)
        assert found["http_threads", ""] == 3 * len(pids)
        assert found["http_requests_in_flight", ""] == 1
        killed = served.workers()[0]
        os.kill(killed, signal.SIGKILL)

        def is_replaced() -> bool:
            left = processes()
            return len(left) == len(pids) and left != pids and samples(served)["http_threads", ""] == 3 * len(pids)

        wait_until(is_replaced, "the figures of another process")
        assert str(killed) not in {pid for _, pid in samples(served)}


PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
OPEN = f"{OPENMETRICS}; version=1.0.0; charset=utf-8; escaping=underscores"


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", PROMETHEUS),
        ("text/html", PROMETHEUS),
        (f"{OPENMETRICS}; version=none", OPEN),
        (f"{OPENMETRICS};version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", OPEN),
    ],
)
def test_openmetrics_is_for_who_accepts_it(app: Flask, accept: str, content_type: str) -> None:
    answer = app.test_client().get("/metrics", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, content_type)
    assert answer.text.endswith("# EOF\n") is content_type.startswith(OPENMETRICS)


def test_nothing_is_left_behind(tmp_path: Path, database_url: str) -> None:
    with app_server.gunicorn(tmp_path, database_url) as served:
        [mine] = folders_of(served)
    assert mine not in folders()


def folders() -> set[Path]:
    """Those of all servers on this machine, other tests' among them."""
    return set(MEMORY.glob("notes-counts-*"))


def folders_of(served: AppServer) -> set[Path]:
    # glob's own function: a folder of another server may vanish meanwhile.
    files = (file for pid in served.workers() for file in glob.glob(f"{MEMORY}/notes-counts-*/*_{pid}.db"))  # noqa: PTH207
    return {Path(file).parent for file in files}


def test_the_counts_of_a_server_that_was_killed_are_removed_at_the_next_start(
    tmp_path: Path, database_url: str
) -> None:
    with app_server.gunicorn(tmp_path, database_url) as killed:
        [left] = folders_of(killed)
        workers = killed.workers()
        os.kill(killed.process.pid, signal.SIGKILL)
        killed.process.wait(20)
        wait_until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers), "the workers to end")
    with app_server.gunicorn(tmp_path, database_url) as one, app_server.gunicorn(tmp_path, database_url) as other:
        assert left not in folders()
        for served in (one, other):  # a second start has left the first one's
            served.ask("GET", "/sign-in")
            assert answered(served.ask("GET", "/metrics").body.decode(), "/sign-in") == 1


def test_a_start_that_is_refused_leaves_nothing_behind(database_url: str) -> None:
    command = [sys.executable, "-m", "gunicorn", "crudapp:app"]
    environ = os.environ | {"DATABASE_URL": database_url, "SECRET_KEY": "short"}

    def leaves_nothing() -> bool:
        before = folders()
        refused = subprocess.run(command, cwd=ROOT, env=environ, check=False)
        assert refused.returncode == 1
        return folders() <= before

    # Another test's server may start meanwhile, but not each time.
    assert any(leaves_nothing() for _ in range(5))

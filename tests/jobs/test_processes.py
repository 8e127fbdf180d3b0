"""`flask jobs run` as a process: killed at any moment it loses nothing, and it ends when it is told to."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
from flask import Flask

from app import jobs
from app.jobs import queue
from devtools.app_server import gunicorn
from devtools.databases import SETTINGS
from devtools.processes import ROOT, wait_until

pytestmark = pytest.mark.server

COMMAND = [sys.executable, "-m", "flask", "--app", "crudapp", "jobs", "run"]

# Writes down each job that it does. Who holds a job and is killed lets it go after a second, not after LEASE.
WORKER = """
import os, pathlib, threading, time
from app import clock, create_app, jobs
from app.jobs import queue, worker

def write_down(job):
    with pathlib.Path(os.environ["WRITTEN"]).open("a") as file:
        file.write(job.key + "\\n")
    time.sleep(0.02)

queue.LEASE = clock.SECOND
app = create_app()
jobs.register(app, "write down", write_down)
worker.work(app, threading.Event(), is_orphan=lambda: False)
"""


def start(database_url: str, path: Path) -> subprocess.Popen[bytes]:
    environ = {**os.environ, **SETTINGS, "DATABASE_URL": database_url, "WRITTEN": str(path)}
    return subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, env=environ)


def written(path: Path) -> Counter[str]:
    return Counter(path.read_text().split()) if path.exists() else Counter()


def has_written(path: Path, more_than: int) -> bool:
    return written(path).total() > more_than


def test_killed_again_and_again_nothing_is_lost_and_only_what_was_being_done_is_done_twice(
    app: Flask, context: Flask, database_url: str, tmp_path: Path
) -> None:
    path, kills = tmp_path / "done", 4
    for number in range(200):
        jobs.add("write down", f"{number}")
    steady, victim = start(database_url, path), start(database_url, path)
    try:
        for killed in range(1, kills + 1):
            wait_until(partial(has_written, path, killed * 20), "jobs to be done", 60)
            victim.kill()
            victim.wait()
            victim = start(database_url, path)
        regular = sum(kind.every is not None for kind in queue.kinds.get().values())
        wait_until(lambda: queue.count()[0] == regular, "all to be done but the regular ones", 60)
    finally:
        for process in (steady, victim):
            process.kill()
            process.wait()
    counts = written(path)
    assert set(counts) == {f"{number}" for number in range(200)}
    assert counts.total() - 200 <= kills


@pytest.fixture
def environ(database_url: str) -> dict[str, str]:
    return {**os.environ, **SETTINGS, "DATABASE_URL": database_url}


def is_scheduled() -> bool:
    """Whether a process has begun its work."""
    return queue.count()[0] > 0


def test_told_to_end_it_ends_well(context: Flask, environ: dict[str, str]) -> None:
    with subprocess.Popen(COMMAND, cwd=ROOT, env=environ) as process:
        wait_until(is_scheduled, "the process to begin", 60)
        process.terminate()
        assert process.wait(60) == 0


def test_when_its_starter_is_gone_it_ends_by_itself(context: Flask, environ: dict[str, str]) -> None:
    script = ["sh", "-c", f"{shlex.join(COMMAND)} & echo $!; wait"]
    with subprocess.Popen(script, cwd=ROOT, env=environ, stdout=subprocess.PIPE) as starter:
        assert starter.stdout
        process = int(starter.stdout.readline())
        wait_until(is_scheduled, "the process to begin", 60)
        starter.kill()
        starter.stdout.close()
    wait_until(lambda: not is_running(process), "the process to end", 60)


def children(server: int) -> list[int]:
    """The processes for jobs that a server has started."""
    found = []
    for task in Path(f"/proc/{server}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return [child for child in found if b"\0jobs\0run" in Path(f"/proc/{child}/cmdline").read_bytes()]


def attempts_of(kind: str) -> int:
    return next(job.attempts for job in queue.list_jobs() if job.kind == kind)


def test_a_server_that_runs_jobs_starts_another_process_for_one_that_was_killed(
    context: Flask, database_url: str, tmp_path: Path
) -> None:
    with gunicorn(tmp_path, database_url, RUN_JOBS="1") as server:
        wait_until(is_scheduled, "the first one to begin", 60)
        [first] = children(server.process.pid)
        os.kill(first, signal.SIGKILL)
        jobs.add("of no kind", "a")
        wait_until(lambda: attempts_of("of no kind") == 1, "the second one to try it", 60)
        [second] = children(server.process.pid)
        assert second != first
        server.process.terminate()
        server.process.wait(60)
        assert not is_running(second)


def is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"

"""Processes end, well or badly: what was begun is finished, and what was acknowledged is there, once."""

from __future__ import annotations

import os
import pty
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from devtools import app_server, network_faults
from devtools.people import Cast, create_token
from devtools.processes import ROOT, answers_http, free_port, is_listening, run_server, wait_until
from devtools.writers import Writers

pytestmark = pytest.mark.server

SLOW = 8  # more than there are processes


def test_a_killed_worker_loses_nothing_that_was_acknowledged(
    tmp_path: Path, database_url: str, app: Flask, cast: Cast
) -> None:
    bearer: dict[str, Any] = {"Authorization": f"Bearer {create_token(app, cast['alice'].id)}"}
    with app_server.gunicorn(tmp_path, database_url) as served:
        writers = Writers(served, bearer)
        with ThreadPoolExecutor(6) as pool:
            done = [pool.submit(writers.write, number) for number in range(6)]
            for _ in range(4):
                writers.wait_for(15)
                os.kill(served.workers()[0], signal.SIGKILL)
            writers.wait_for(15)
            writers.stop()
            [one.result() for one in done]
        assert writers.stored() == sorted(writers.acknowledged.items())
        assert writers.statuses <= {201, 503}


def test_what_was_begun_before_sigterm_is_finished(tmp_path: Path, database_url: str, app: Flask, cast: Cast) -> None:
    bearer: dict[str, Any] = {"Authorization": f"Bearer {create_token(app, cast['alice'].id)}"}
    with (
        app_server.gunicorn(tmp_path, database_url) as served,
        network_faults.send_unfinished_request(served, bearer) as slow,
    ):
        served.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert slow.finish().startswith(b"HTTP/1.1 201")
        assert served.process.wait(20) == 0


@pytest.mark.parametrize("threads", ["1", "8"])
def test_half_a_request_does_not_keep_a_server_from_ending(
    tmp_path: Path, database_url: str, app: Flask, cast: Cast, threads: str
) -> None:
    """In eight seconds: gunicorn waits for six (`graceful_timeout`), and the rest is processor time."""
    bearer: dict[str, Any] = {"Authorization": f"Bearer {create_token(app, cast['alice'].id)}"}
    with (
        app_server.gunicorn(tmp_path, database_url, WEB_THREADS=threads, RUN_JOBS="1") as served,
        network_faults.send_unfinished_request(served, bearer),
    ):
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(60) == 0
    at = {line["message"].partition(":")[0]: datetime.fromisoformat(line["time"]) for line in served.lines()}
    assert at["Shutting down"] - at["Handling signal"] < timedelta(seconds=8)


@pytest.mark.skipif(
    not hasattr(socket, "TCP_DEFER_ACCEPT"), reason="only Linux keeps a connection back until it is used"
)
def test_connections_that_a_browser_opens_ahead_keep_no_page_waiting(tmp_path: Path, database_url: str) -> None:
    """A process on SQLite has one thread; each of theirs, had they one, would be let go after thirty seconds."""
    with app_server.gunicorn(tmp_path, database_url, WEB_THREADS="1") as served, ExitStack() as ahead:
        port = int(served.address.rpartition(":")[2])
        for _ in range(6):  # a browser's most to one site
            ahead.enter_context(socket.create_connection(("127.0.0.1", port)))
        assert served.ask("GET", "/sign-in", timeout=25).status == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sighup_reloads_nothing_and_says_so_in_one_line(tmp_path: Path, database_url: str) -> None:
    with app_server.gunicorn(tmp_path, database_url) as served:
        workers = served.workers()
        served.process.send_signal(signal.SIGHUP)
        wait_until(lambda: any("SIGHUP" in line["message"] for line in served.lines()), "the line")
        assert served.ask("GET", "/livez").status == 200
        assert served.workers() == workers
    assert [line["level"] for line in served.lines() if "SIGHUP" in line["message"]] == ["warning"]


def test_closing_its_terminal_ends_what_make_run_started(tmp_path: Path) -> None:
    port = free_port()
    environ = {**os.environ, "PORT": str(port), "DATABASE_URL": f"sqlite:///{tmp_path}/notes.db"}
    process, terminal = pty.fork()
    if process == 0:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it is ignored
        os.chdir(ROOT)
        os.execve(sys.executable, [sys.executable, "-m", "devtools.run"], environ)
    printed = b""
    while b"Ctrl+C" not in printed:
        printed += os.read(terminal, 1000)
    os.close(terminal)
    os.waitpid(process, 0)
    assert not is_listening(port)


def test_ctrl_c_at_once_ends_what_make_run_started_and_a_second_start_migrates_nothing(tmp_path: Path) -> None:
    migrating, address = start_and_end(tmp_path)
    assert "schema" in migrating
    assert start_and_end(tmp_path) == [address]


def test_slow_clients_keep_nobody_waiting_for_what_make_run_started(tmp_path: Path) -> None:
    port = free_port()
    live = f"http://127.0.0.1:{port}/livez"
    environ = {"PORT": str(port), "DATABASE_URL": f"sqlite:///{tmp_path}/notes.db"}
    command = [sys.executable, "-m", "devtools.run"]
    ready = partial(answers_http, live)
    with run_server(command, port, is_ready=ready, environ=environ), ExitStack() as slow:
        for _ in range(SLOW):
            connection = slow.enter_context(socket.create_connection(("127.0.0.1", port)))
            connection.sendall(b"GET /livez HTTP/1.1\r\n")
        assert answers_http(live, timeout=20)


def start_and_end(folder: Path) -> list[str]:
    """Run what `make run` runs, press Ctrl+C as soon as it serves, and return the lines that it has printed."""
    port, log = free_port(), folder / "log"
    environ = {**os.environ, "PORT": str(port), "DATABASE_URL": f"sqlite:///{folder}/notes.db"}
    with log.open("wb") as output:
        command = [sys.executable, "-m", "devtools.run"]
        running = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=output, stderr=output, start_new_session=True)
        wait_until(lambda: b"Ctrl+C" in log.read_bytes() or running.poll() is not None, "the address")
        os.killpg(running.pid, signal.SIGINT)
        assert running.wait(20) == 0
    assert not is_listening(port)
    return log.read_text().replace(str(port), "PORT").splitlines()

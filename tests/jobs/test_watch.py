"""The process for jobs looks at the database unasked: what is wrong with it is logged where no request fails."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
import pytest
from flask import Flask
from log_lines import find_pattern, read_lines, written_lines
from on_databases import on_servers
from sqlalchemy.engine import make_url

from app import clock, create_app, db
from app.db import health
from app.db.engine import KEEPALIVE
from app.jobs import worker
from app.ops.probes import State
from devtools import network_faults
from devtools.databases import settings
from devtools.processes import wait_until

pytestmark = on_servers


@contextmanager
def watching(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(worker, "SECONDS_BETWEEN_CHECKS", 0.1)
    is_over = threading.Event()
    thread = threading.Thread(target=worker.watch, args=(app, is_over))
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def wait_for_line(caplog: pytest.LogCaptureFixture, metric: str) -> dict[str, Any]:
    """Return the first line that an alarm on AWS counts as `metric`."""
    pattern = find_pattern(metric)
    found: list[str] = []

    def is_there() -> bool:
        found.extend(filter(pattern.search, written_lines(caplog)))
        return bool(found)

    wait_until(is_there, metric, 30)
    line: dict[str, Any] = json.loads(found[0])
    return line


def test_a_database_that_does_not_answer_is_told_though_nobody_asks(
    database_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with network_faults.run_proxy(make_url(database_url).port or 0) as proxy:
        through = make_url(database_url).set(port=proxy.port).render_as_string(hide_password=False)
        app = create_app(settings(through))
        with watching(app, monkeypatch):
            proxy.mode = "hang"
            line = wait_for_line(caplog, "DatabaseSilent")
            proxy.mode = "pass"
    assert (line["level"], line["cause"]) == ("error", "time-out")


def test_a_clock_that_is_off_is_told(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = clock.now_us
    monkeypatch.setattr(clock, "now_us", lambda: now() - 600 * clock.SECOND)
    with watching(app, monkeypatch):
        line = wait_for_line(caplog, "ClockOff")
    assert line["clock"] in {f"-{seconds} s ahead of the database's" for seconds in ("599.9", "600.0", "600.1")}


def test_after_a_fault_of_ours_it_looks_again(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now, check = clock.now_us, health.check
    faults = iter([ValueError])

    def check_with_a_fault() -> State:
        for fault in faults:
            raise fault
        return check()

    monkeypatch.setattr(clock, "now_us", lambda: now() - 600 * clock.SECOND)
    monkeypatch.setattr(health, "check", check_with_a_fault)
    with watching(app, monkeypatch):
        wait_for_line(caplog, "ClockOff")
    assert read_lines(caplog)[0]["message"] == "the database cannot be looked at"


def test_a_database_and_clocks_that_are_well_are_not_told(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), watching(app, monkeypatch):
        threading.Event().wait(0.5)
    assert read_lines(caplog) == []


def test_a_job_waits_a_minute_at_most_for_a_server_that_is_gone(app: Flask) -> None:
    """Seen with packets that were dropped; here, what the operating system is told."""
    with click.Context(click.Command("run")), app.app_context():
        used: Any = db.connection().connection.driver_connection
        assert used._sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        sent, silence, pause, probes = (used._sock.getsockopt(socket.IPPROTO_TCP, option) for option in KEEPALIVE)
    assert sent // 1000 == silence + pause * probes == 60

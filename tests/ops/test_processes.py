"""Processes end, well or badly: what was begun is finished, and what was acknowledged is there, once."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import serving
from flask import Flask
from people import Cast
from programs import token
from serving import Served

pytestmark = pytest.mark.server


class Writers:
    """Several clients that create notes, each under a key that is sent until it is answered; `kept` are the answers."""

    def __init__(self, served: Served, bearer: dict[str, Any], number: int) -> None:
        self.served, self.bearer, self.number = served, bearer, number
        self.kept: dict[str, int] = {}
        self.statuses: set[int] = set()
        self.over = threading.Event()

    def write(self, writer: int) -> None:
        for number in range(10_000):
            if self.over.is_set():
                return
            self._create(f"{writer}-{number}")

    def keep(self, more: int) -> None:
        """Wait until so many more are acknowledged."""
        wanted, deadline = len(self.kept) + more, time.monotonic() + 60
        while len(self.kept) < wanted:
            assert time.monotonic() < deadline, f"{len(self.kept)} of {wanted} notes are acknowledged"
            time.sleep(0.02)

    def _create(self, title: str) -> None:
        for _ in range(200):
            try:
                answer = self.served.ask(
                    "POST", "/api/v1/notes", {"title": title}, Idempotency_Key=title, **self.bearer
                )
            except OSError:  # cut off: nobody knows whether it was kept, so it is sent again
                time.sleep(0.02)
                continue
            self.statuses.add(answer.status)
            if answer.status == 201:
                self.kept[title] = answer.json()["id"]
                return
            time.sleep(0.05)

    def stored(self) -> list[tuple[str, int]]:
        lines = self.served.ask("GET", "/api/v1/export", **self.bearer).body.splitlines()
        notes = [json.loads(line)["note"] for line in lines]
        return sorted((note["title"], note["id"]) for note in notes)


def test_a_killed_worker_loses_nothing_that_was_acknowledged(
    tmp_path: Path, database_url: str, app: Flask, cast: Cast
) -> None:
    bearer: dict[str, Any] = {"Authorization": f"Bearer {token(app, cast['alice'].id)}"}
    with serving.gunicorn(tmp_path, database_url) as served:
        writers = Writers(served, bearer, 6)
        with ThreadPoolExecutor(6) as pool:
            done = [pool.submit(writers.write, number) for number in range(6)]
            for _ in range(4):
                writers.keep(15)
                os.kill(served.workers()[0], signal.SIGKILL)
            writers.keep(15)
            writers.over.set()
            [one.result() for one in done]
        assert writers.stored() == sorted(writers.kept.items())
        assert writers.statuses <= {201, 503}


def test_what_was_begun_before_sigterm_is_finished(tmp_path: Path, database_url: str, app: Flask, cast: Cast) -> None:
    bearer: dict[str, Any] = {"Authorization": f"Bearer {token(app, cast['alice'].id)}"}
    with serving.gunicorn(tmp_path, database_url) as served, serving.slow_request(served, bearer) as slow:
        served.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert slow.finish().startswith(b"HTTP/1.1 201")
        assert served.process.wait(20) == 0

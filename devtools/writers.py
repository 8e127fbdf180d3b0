"""Clients that create notes at the same time, and a ledger of what was acknowledged, to compare with what is stored."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

from devtools.app_server import AppServer
from devtools.processes import wait_until


class Writers:
    """Several clients that create notes, each under an idempotency key that is sent until it is answered.

    `write` is what a client does, in a thread of its own, until `stop` is called.
    """

    def __init__(self, server: AppServer, headers: Mapping[str, Any]) -> None:
        self.server, self.headers = server, dict(headers)
        self.acknowledged: dict[str, int] = {}  # title and id
        self.acknowledged_at: list[float] = []  # by the monotonic clock
        self.answers: Counter[int | str] = Counter()  # by status; "none" is a connection that was cut
        self._stopped = threading.Event()

    @property
    def statuses(self) -> set[int | str]:
        return set(self.answers) - {"none"}

    def write(self, writer: int) -> None:
        for number in range(10_000):
            if self._stopped.is_set():
                return
            self._create(f"{writer}-{number}")

    def stop(self) -> None:
        self._stopped.set()

    def wait_for(self, more: int) -> None:
        """Wait until so many more are acknowledged. Raises TimeoutError."""
        wanted = len(self.acknowledged) + more
        wait_until(lambda: len(self.acknowledged) >= wanted, f"{wanted} acknowledged notes: {self.answers}", 60)

    def _create(self, title: str) -> None:
        for _ in range(200):
            try:
                answer = self.server.ask(
                    "POST", "/api/v1/notes", {"title": title}, Idempotency_Key=title, **self.headers
                )
            except OSError:  # connection lost: it may have been stored or not, so it is sent again
                self.answers["none"] += 1
                time.sleep(0.02)
                continue
            self.answers[answer.status] += 1
            if answer.status == 201:
                self.acknowledged[title] = answer.json()["id"]
                self.acknowledged_at.append(time.monotonic())
                return
            time.sleep(0.05)

    def stored(self) -> list[tuple[str, int]]:
        """Return title and id of every note that is there."""
        lines = self.server.ask("GET", "/api/v1/export", **self.headers).body.splitlines()
        notes = [json.loads(line)["note"] for line in lines]
        return sorted((note["title"], note["id"]) for note in notes)

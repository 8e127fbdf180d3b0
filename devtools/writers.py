"""Clients that write notes and keep a ledger of what was acknowledged, to be held against what is stored."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from typing import Any

from devtools.app_server import Served


class Writers:
    """Several clients that create notes, each under a key that is sent until it is answered."""

    def __init__(self, served: Served, bearer: dict[str, Any], number: int) -> None:
        self.served, self.bearer, self.number = served, bearer, number
        self.kept: dict[str, int] = {}  # the acknowledged: title and id
        self.moments: list[float] = []  # at which they were, by the monotonic clock
        self.answers: Counter[int | str] = Counter()  # by status; "none" is a connection that was cut
        self.over = threading.Event()

    @property
    def statuses(self) -> set[int | str]:
        return set(self.answers) - {"none"}

    def write(self, writer: int) -> None:
        for number in range(10_000):
            if self.over.is_set():
                return
            self._create(f"{writer}-{number}")

    def keep(self, more: int) -> None:
        """Wait until so many more are acknowledged."""
        wanted, deadline = len(self.kept) + more, time.monotonic() + 60
        while len(self.kept) < wanted:
            assert time.monotonic() < deadline, f"{len(self.kept)} of {wanted} are acknowledged: {dict(self.answers)}"
            time.sleep(0.02)

    def _create(self, title: str) -> None:
        for _ in range(200):
            try:
                answer = self.served.ask(
                    "POST", "/api/v1/notes", {"title": title}, Idempotency_Key=title, **self.bearer
                )
            except OSError:  # cut off: nobody knows whether it was kept, so it is sent again
                self.answers["none"] += 1
                time.sleep(0.02)
                continue
            self.answers[answer.status] += 1
            if answer.status == 201:
                self.kept[title] = answer.json()["id"]
                self.moments.append(time.monotonic())
                return
            time.sleep(0.05)

    def stored(self) -> list[tuple[str, int]]:
        lines = self.served.ask("GET", "/api/v1/export", **self.bearer).body.splitlines()
        notes = [json.loads(line)["note"] for line in lines]
        return sorted((note["title"], note["id"]) for note in notes)

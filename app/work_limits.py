"""How much processor time one account may take: so generous that a person never meets it, and over all processes.

Each process adds up what it spends for an account, and counts it in the database by the second: a request that spends
a few milliseconds sends no statement for this.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Flask, g

from app import rate_limits
from app.errors import TooMany
from app.per_app import PerApp

View = TypeVar("View", bound=Callable[..., Any])

LIMIT = 120_000  # milliseconds in fifteen minutes, for each kind of work
LEAST = 2  # milliseconds that a request counts
COUNTED = 1000  # milliseconds that a process adds up before it counts them
REMEMBERED = 10_000  # sums at most


class Spent:
    """What this process has spent for each account and kind of work and not yet counted, in milliseconds."""

    def __init__(self) -> None:
        self._sums: Counter[tuple[str, int]] = Counter()
        self._lock = threading.Lock()

    def add(self, kind: str, account: int, milliseconds: int) -> None:
        with self._lock:
            if len(self._sums) >= REMEMBERED:
                self._sums.clear()
            self._sums[kind, account] += milliseconds

    def count(self, kind: str, account: int) -> None:
        """Count the sum, once it is worth a statement. Raises TooMany; then the sum stays, and the next time, too."""
        spent = self._sums[kind, account]
        if spent < COUNTED:
            return
        try:
            rate_limits.count({rate_limits.subject("work", kind, str(account)): LIMIT}, amount=spent)
        except TooMany as error:
            raise TooMany.work(error.retry_after) from None
        self.add(kind, account, -spent)


spent: PerApp[Spent] = PerApp("spent")


def init_app(app: Flask) -> None:
    spent.set(app, Spent())


def limit_work(kind: str) -> Callable[[View], View]:
    """Limit a view to accounts that have processor time left for this kind of work."""

    def decorate(view: View) -> View:
        @wraps(view)
        def limited(*arguments: Any, **named: Any) -> Any:
            spent.get().count(kind, g.account.id)
            begun = time.thread_time_ns()
            try:
                return view(*arguments, **named)
            finally:
                spent.get().add(kind, g.account.id, max(LEAST, (time.thread_time_ns() - begun) // 1_000_000))

        return limited  # type: ignore[return-value]  # Flask calls it with the arguments of the address

    return decorate

"""How much processor time one account may take: so generous that a person never meets it, and over all processes.

Each process adds up what it spends for an account, and counts it in the database by the second: a request that spends
a few milliseconds sends no statement for this. While nothing may be written, or the database takes nothing, reading,
searching and previewing go on, and each process keeps the limit by itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any, TypeVar

from flask import Flask, Response, g

from app import clock, db, rate_limits, site_mode
from app.errors import TooMany, Unavailable
from app.per_app import PerApp

View = TypeVar("View", bound=Callable[..., Any])

LIMIT = 120_000  # milliseconds in fifteen minutes, for each kind of work
LEAST = 2  # milliseconds that a request counts
COUNTED = 1000  # milliseconds that a process adds up before it counts them
REMEMBERED = 10_000  # sums at most
PERIOD = rate_limits.PERIOD * clock.MINUTE


@dataclass(slots=True)
class Sum:
    """Milliseconds that are not counted yet, and since when (a moment)."""

    since: int
    milliseconds: int = 0


class Spent:
    """What this process has spent for each account and kind of work and not yet counted."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, int], Sum] = {}
        self._lock = threading.Lock()

    def add(self, kind: str, account: int, milliseconds: int) -> None:
        with self._lock:
            if len(self._sums) >= REMEMBERED:
                self._sums.clear()
            self._sums.setdefault((kind, account), Sum(clock.now_us())).milliseconds += milliseconds

    def count(self, kind: str, account: int) -> None:
        """Count the sum, once it is worth a statement. Raises TooMany; then the sum stays, and the next time, too."""
        spent = self._find(kind, account)
        if spent is None or spent.milliseconds < COUNTED:
            return
        amount = spent.milliseconds
        try:
            is_counted = _count(kind, account, amount)
        except TooMany as error:
            raise TooMany.work(error.retry_after) from None
        if is_counted:
            self.add(kind, account, -amount)
        elif amount >= LIMIT:
            raise TooMany.work(-(-(spent.since + PERIOD - clock.now_us()) // clock.SECOND))

    def _find(self, kind: str, account: int) -> Sum | None:
        """Return the sum of the last fifteen minutes, in which it can be counted."""
        with self._lock:
            found = self._sums.get((kind, account))
            if found and clock.now_us() - found.since >= PERIOD:
                del self._sums[kind, account]
                return None
            return found


def _count(kind: str, account: int, milliseconds: int) -> bool:
    """Count over all processes; return False where nothing can be written for the moment. Raises TooMany."""
    if site_mode.current() != "open":
        return False
    try:
        rate_limits.count({rate_limits.subject("work", kind, str(account)): LIMIT}, amount=milliseconds)
    except Unavailable:
        db.release()
        return False
    return True


spent: PerApp[Spent] = PerApp("spent")


def init_app(app: Flask) -> None:
    spent.set(app, Spent())


def limit_work(kind: str) -> Callable[[View], View]:
    """Limit a view to accounts that have processor time left for this kind of work, also what it sends bit by bit."""

    def decorate(view: View) -> View:
        @wraps(view)
        def limited(*arguments: Any, **named: Any) -> Any:
            add = partial(spent.get().add, kind, g.account.id)
            spent.get().count(kind, g.account.id)
            begun = time.thread_time_ns()
            try:
                answer = view(*arguments, **named)
            finally:
                add(max(LEAST, (time.thread_time_ns() - begun) // 1_000_000))
            if isinstance(answer, Response) and isinstance(answer.response, Iterator):
                answer.response = _Counted(answer.response, add)
            return answer

        return limited  # type: ignore[return-value]  # Flask calls it with the arguments of the address

    return decorate


class _Counted:
    """The parts of an answer, with the milliseconds that making them took added up in the end."""

    def __init__(self, parts: Iterator[bytes], add: Callable[[int], None]) -> None:
        self._parts, self._add, self._nanoseconds = parts, add, 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        begun = time.thread_time_ns()
        try:
            return next(self._parts)
        finally:
            self._nanoseconds += time.thread_time_ns() - begun

    def close(self) -> None:
        """Called by whoever serves the answer, also where it did not come to its end."""
        self._add(self._nanoseconds // 1_000_000)
        self._nanoseconds = 0
        if close := getattr(self._parts, "close", None):
            close()

"""A share of the connections for reads: transactions hold all but one, and who waits for a turn holds none.

A locked row keeps its writers waiting. In one process they have half of the slots at most (one of one or two), because
writes of an account wait for each other anyway, and accounts take turns: strangers read on, and write as well.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask, g
from sqlalchemy import Engine, exc
from sqlalchemy.pool import QueuePool

from app.db.engine import SECONDS_FOR_ROWS
from app.errors import Cause, Unavailable
from app.ops import metrics, request_log
from app.per_app import PerApp

# MySQL looks for waits that are over once a second, so one for a row may take two; somebody else may wait for that.
SECONDS_FOR_REQUEST = 3.5
SECONDS_FOR_COMMANDS = 10.0


@dataclass(eq=False, slots=True)  # two of one account are not the same
class Ticket:
    """Somebody who waits; `since` is the turn before the one that was going on when they came."""

    account: Hashable
    since: int


class WriteSlots:
    """At most `number` transactions at once, half of them of one account; the account served longest ago is next."""

    def __init__(self, number: int) -> None:
        self._free, self._of_one_account = number, max(1, number // 2)
        self._turns = 0
        self._busy: Counter[Hashable] = Counter()
        self._waiting: list[Ticket] = []
        self._served: dict[Hashable, int] = {}
        self._changed = threading.Condition()

    def take(self, account: Hashable, seconds: float) -> bool:
        """Wait for a slot; return False when there is none in time."""
        with self._changed:
            ticket = Ticket(account, self._turns - 1)
            self._waiting.append(ticket)
            try:
                if not self._changed.wait_for(lambda: self._next() is ticket, max(0.0, seconds)):
                    return False
            finally:
                self._waiting.remove(ticket)
            self._turns += 1
            self._free -= 1
            self._busy[account] += 1
            self._served[account] = self._turns
            self._changed.notify_all()  # another slot may be free for whoever is next now
        return True

    def give_back(self, account: Hashable) -> None:
        with self._changed:
            self._free += 1
            self._busy[account] -= 1
            self._busy += Counter()  # those of nobody go
            if not self._waiting:
                self._served.clear()
            self._changed.notify_all()

    def _next(self) -> Ticket | None:
        """Return whose turn it is, as far as there is somebody who can use it."""
        able = [ticket for ticket in self._waiting if self._busy[ticket.account] < self._of_one_account]
        if not self._free:
            return None
        # Who was not served yet waits since they came and not for ever: else newcomers would always be first.
        return min(able, key=lambda ticket: self._served.get(ticket.account, ticket.since), default=None)


_slots: PerApp[WriteSlots | None] = PerApp("write_slots")


def init_app(app: Flask, engine: Engine) -> None:
    """Share the pool of `engine`. SQLite's grows where it must, and has one writer whoever waits."""
    pool = engine.pool
    slots = None
    if isinstance(pool, QueuePool) and engine.dialect.name != "sqlite":
        slots = WriteSlots(max(1, pool.size() - 1))
    _slots.set(app, slots)


def seconds_left() -> float:
    """Return what is left of the request; a command has more time."""
    passed = request_log.seconds_passed()
    return SECONDS_FOR_COMMANDS if passed is None else SECONDS_FOR_REQUEST - passed


@contextmanager
def hold_slot(release: Callable[[], None]) -> Iterator[None]:
    """Hold a slot during the block; `release` gives the connection back before waiting. Raises Unavailable."""
    slots = _slots.get()
    if slots is None:
        yield
        return
    account = _account()
    if not slots.take(account, 0):
        release()
        with metrics.waiting("turn"):
            # The wait for a row that somebody has locked must still fit into the request.
            is_taken = slots.take(account, seconds_left() - SECONDS_FOR_ROWS)
        if not is_taken:
            metrics.POOL_TIMEOUTS.labels("turn").inc()
            raise Unavailable(cause=Cause.POOL) from exc.TimeoutError("All connections for writing are in use.")
    try:
        yield
    finally:
        slots.give_back(account)


def _account() -> Hashable:
    """Return for whom the transaction is; those of nobody are each for themselves."""
    account = g.get("account")
    return account.id if account else object()

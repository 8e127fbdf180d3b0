"""Connections that were given up on while the server was at work, and which are therefore ended there, too.

A driver that waits no longer closes its socket; the server notices that only when its statement is done.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress

from sqlalchemy import Connection, Engine, event, exc, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from app.db.causes import error_number

SECONDS_TO_END = 0.3  # of a request that has waited in vain already; what fails is tried again with the next probe
NO_SUCH_CONNECTION = 1094  # MySQL's number

# After a failover the number may be somebody else's. What has done the same since we began to wait is nobody's: it is
# ours, or idle, which its pool notices, or given up on as well.
_STILL_THERE = text("SELECT id FROM information_schema.processlist WHERE id = :id AND time >= :seconds")


class AbandonedConnections:
    """What one pool has given up on after `patience` seconds; `beside` opens connections outside of it."""

    def __init__(self, pooled: Engine, beside: Engine, patience: float) -> None:
        self._beside = beside
        self._patience = patience
        self._turn = threading.Lock()
        self._left: dict[int, float] = {}
        event.listen(pooled, "invalidate", self._give_up)

    def _give_up(self, opened: DBAPIConnection, _entry: ConnectionPoolEntry, error: BaseException | None) -> None:
        # The connection's place in the pool is free only after this.
        if error is None or not isinstance(error.__context__, TimeoutError):
            return  # whoever was cut off leaves nothing behind
        self._left[opened.thread_id()] = time.monotonic() - self._patience
        # One at a time: these connections are not counted either.
        if self._turn.acquire(timeout=SECONDS_TO_END):
            try:
                with suppress(exc.DBAPIError), self._beside.connect() as connection:
                    self.end(connection)
            finally:
                self._turn.release()

    def end(self, connection: Connection) -> None:
        """End what is left by means of `connection`. Raises DBAPIError."""
        for number, since in list(self._left.items()):
            # The server rounds to whole seconds, and begins to count when a statement has reached it.
            seconds = int(time.monotonic() - since) - 1
            if connection.execute(_STILL_THERE, {"id": number, "seconds": seconds}).first():
                _kill(connection, number)
            self._left.pop(number, None)


def _kill(connection: Connection, number: int) -> None:
    try:
        connection.exec_driver_sql(f"KILL {number}")
    except exc.DBAPIError as error:
        if error_number(error) != NO_SUCH_CONNECTION:  # it has ended meanwhile
            raise

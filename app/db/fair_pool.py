"""A pool of connections in which whoever waits longest is served first."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TypeVar

from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlalchemy.util.queue import Empty, Queue, QueueCommon

T = TypeVar("T")


class FairQueue(Queue[T]):
    """The free connections. SQLAlchemy's own queue wakes a thread that waits, but a thread that comes at that moment is
    often quicker: under load some wait until they give up while others are served again and again.
    """

    def __init__(self, maxsize: int = 0, use_lifo: bool = False) -> None:
        super().__init__(maxsize, use_lifo)
        self._waiting: deque[threading.Condition] = deque()

    def put(self, item: T, block: bool = True, timeout: float | None = None) -> None:
        with self.mutex:
            super().put(item, block, timeout)
            self._wake_first()

    def get(self, block: bool = True, timeout: float | None = None) -> T:
        with self.mutex:
            if self._waiting or self._empty():
                if not block:
                    raise Empty
                self._wait(timeout)
            return self._get()

    def _wait(self, timeout: float | None) -> None:
        """Wait for a turn and for something to be there. Raises Empty after `timeout` seconds."""
        turn = threading.Condition(self.mutex)
        self._waiting.append(turn)
        end = None if timeout is None else time.monotonic() + timeout
        try:
            while self._empty() or self._waiting[0] is not turn:
                left = None if end is None else end - time.monotonic()
                if left is not None and left <= 0:
                    raise Empty
                turn.wait(left)
        finally:
            self._waiting.remove(turn)
            self._wake_first()

    def _wake_first(self) -> None:
        if self._waiting and not self._empty():
            self._waiting[0].notify()


class FairPool(QueuePool):
    _queue_class: type[QueueCommon[ConnectionPoolEntry]] = FairQueue  # as SQLAlchemy's own pools choose theirs

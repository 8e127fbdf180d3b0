"""Transactions for writes: kept as a whole or not at all, and run again after a deadlock."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from flask import has_request_context
from sqlalchemy import Connection, exc

from app.db.request_connection import current_connection, error_number, retry_if_disconnected, unavailable_when_lost
from app.errors import Unavailable

P = ParamSpec("P")
R = TypeVar("R")

DEADLOCK, LOCK_WAIT_TIMEOUT = 1213, 1205  # MySQL's numbers
ATTEMPTS = 5
SECONDS_FOR_ATTEMPTS = 1.5


@contextmanager
def transaction() -> Iterator[Connection]:
    """Everything inside is kept together or not at all; inside another transaction it simply takes part."""
    current = current_connection()
    if current.in_transaction:
        yield current.connection()
        return
    # IMMEDIATE: SQLite takes the write lock now and waits for it; a reader that turns writer would be refused.
    begin = "BEGIN IMMEDIATE" if current.dialect == "sqlite" else "BEGIN"
    retry_if_disconnected(lambda: current.connection().exec_driver_sql(begin))
    opened = current.connection()
    with unavailable_when_lost():
        current.in_transaction = True
        try:
            yield opened
            opened.exec_driver_sql("COMMIT")
        except BaseException:
            _rollback(opened)
            raise
        finally:
            current.in_transaction = False


def in_transaction(function: Callable[P, R]) -> Callable[P, R]:
    """Run `function` in a transaction, and again from the start when the database chose it as a deadlock's victim."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        outermost = not current_connection().in_transaction
        began = time.monotonic()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with transaction():
                    return function(*args, **kwargs)
            except (exc.OperationalError, Unavailable) as error:
                too_late = has_request_context() and time.monotonic() - began > SECONDS_FOR_ATTEMPTS
                if attempt == ATTEMPTS or too_late or not outermost or not _is_lock_conflict(error):
                    raise
                time.sleep(0.01 * attempt)
        raise AssertionError("unreachable")

    return run


def _is_lock_conflict(error: BaseException) -> bool:
    cause = error.__cause__ if isinstance(error, Unavailable) else error
    return isinstance(cause, exc.DBAPIError) and error_number(cause) in {DEADLOCK, LOCK_WAIT_TIMEOUT}


def _rollback(opened: Connection) -> None:
    if opened.invalidated or opened.closed:
        return
    try:
        opened.exec_driver_sql("ROLLBACK")
    except exc.DBAPIError:
        # Whatever it holds, it must not go back to the pool.
        opened.invalidate()

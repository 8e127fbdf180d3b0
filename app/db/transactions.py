"""Transactions for writes: kept as a whole or not at all, and run again after a deadlock."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from flask import Flask, has_request_context
from sqlalchemy import Connection, exc

from app.db.causes import error_number
from app.db.engine import SECONDS_FOR_ROWS
from app.db.request_connection import (
    LOCK_WAIT_TIMEOUT,
    RequestConnection,
    current_connection,
    retry_if_disconnected,
    unavailable_when_lost,
)
from app.db.write_slots import hold_slot, seconds_left
from app.errors import Unavailable
from app.per_app import PerApp

P = ParamSpec("P")
R = TypeVar("R")

DEADLOCK = 1213  # MySQL's number
ATTEMPTS = 5
SECONDS_FOR_ATTEMPTS = 1.5


_check: PerApp[Callable[[Connection], None]] = PerApp("check_before_commit")


def check_before_commit(app: Flask, check: Callable[[Connection], None]) -> None:
    """Let `check` raise what keeps the transactions of requests from being committed."""
    _check.set(app, check)


@contextmanager
def transaction() -> Iterator[Connection]:
    """Everything inside is kept together or not at all; inside another transaction it simply takes part."""
    current = current_connection()
    if current.in_transaction:
        yield current.connection()
        return
    with hold_slot(current.release), _opened(current) as opened:
        yield opened


@contextmanager
def _opened(current: RequestConnection) -> Iterator[Connection]:
    # IMMEDIATE: SQLite takes the write lock now and waits for it; a reader that turns writer would be refused.
    begin = "BEGIN IMMEDIATE" if current.dialect == "sqlite" else "BEGIN"
    retry_if_disconnected(lambda: current.connection().exec_driver_sql(begin))
    opened = current.connection()
    with unavailable_when_lost():
        current.in_transaction = True
        try:
            yield opened
            if has_request_context():
                _check.get()(opened)
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
                if attempt == ATTEMPTS or not outermost or not _may_try_again(error, time.monotonic() - began):
                    raise
                time.sleep(0.01 * attempt)
        raise AssertionError("unreachable")

    return run


def _may_try_again(error: BaseException, seconds: float) -> bool:
    """Tell whether a transaction that failed after some seconds may be run again: in time for who waits for it."""
    cause = error.__cause__ if isinstance(error, Unavailable) else error
    number = error_number(cause) if isinstance(cause, exc.DBAPIError) else None
    if not has_request_context():
        return number in {DEADLOCK, LOCK_WAIT_TIMEOUT}
    if number == DEADLOCK:
        return seconds <= SECONDS_FOR_ATTEMPTS
    return number == LOCK_WAIT_TIMEOUT and seconds_left() >= SECONDS_FOR_ROWS


def _rollback(opened: Connection) -> None:
    if opened.invalidated or opened.closed:
        return
    try:
        opened.exec_driver_sql("ROLLBACK")
    except exc.DBAPIError:
        # Whatever it holds, it must not go back to the pool.
        opened.invalidate()

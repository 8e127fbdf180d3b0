"""The connection of one request or command: taken from the pool on first use, given back at the end or earlier.

The engine commits by itself (isolation level AUTOCOMMIT), so a page that only reads sends its SELECT and nothing
else; `transactions.py` opens a real transaction for a write. Errors of the driver leave here as `Unavailable`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

from flask import Flask, g
from sqlalchemy import Connection, Engine, exc
from sqlalchemy.pool import PoolProxiedConnection

from app.db.causes import error_number, unavailable
from app.db.engine import SECONDS_FOR_TABLES, SECONDS_TO_ASK_AGAIN, check_out
from app.db.metadata import sqlalchemy
from app.db.write_slots import seconds_left
from app.ops import metrics

Dialect = Literal["sqlite", "mysql"]

R = TypeVar("R")

LOCK_WAIT_TIMEOUT = 1205  # MySQL's number
# What the driver or the pool raises when the database does not answer as it should.
UNAVAILABLE_ERRORS = (exc.OperationalError, exc.InterfaceError, exc.TimeoutError, exc.InternalError)


def init_app(app: Flask) -> None:
    app.teardown_appcontext(lambda _error: release())


class RequestConnection:
    """What one request or command holds of the database: a connection from the pool, once it has asked something."""

    __slots__ = ("_connection", "_engine", "_pooled", "in_transaction")

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pooled: PoolProxiedConnection | None = None
        self._connection: Connection | None = None
        self.in_transaction = False

    @property
    def driver_errors(self) -> type[Exception]:
        errors: type[Exception] = self._engine.dialect.loaded_dbapi.Error
        return errors

    @property
    def dialect(self) -> Dialect:
        return "sqlite" if self._engine.dialect.name == "sqlite" else "mysql"

    def pooled(self) -> PoolProxiedConnection:
        """Return the driver's connection, taken from the pool on first use and again when it was lost."""
        if self._pooled and not self._pooled.is_valid and not self.in_transaction:
            self.release()
        if self._pooled is None:
            with unavailable_when_lost():
                self._pooled = check_out(self._engine)
            metrics.POOL_CHECKED_OUT.inc()
        return self._pooled

    def connection(self) -> Connection:
        """Return SQLAlchemy's view of it, made on first use: a list of notes does without."""
        pooled = self.pooled()
        if self._connection is None:
            self._connection = Connection(self._engine, pooled)
        return self._connection

    def give_up(self, error: Exception) -> exc.DBAPIError:
        """Drop the connection if the driver's `error` means that it is lost; return the error as SQLAlchemy has it."""
        is_lost = self._engine.dialect.is_disconnect(error, None, None)  # type: ignore[arg-type]  # the driver's own
        if is_lost and self._pooled:
            self._pooled.invalidate(error)
        orig = self.driver_errors
        return exc.DBAPIError.instance(None, None, error, orig, connection_invalidated=is_lost)  # type: ignore[return-value]  # one of the driver's is never another

    def release(self) -> None:
        connection, pooled = self._connection, self._pooled
        if pooled is None:
            return
        self._connection = self._pooled = None
        metrics.POOL_CHECKED_OUT.dec()
        (connection or pooled).close()


def current_connection() -> RequestConnection:
    current: RequestConnection | None = g.get("database")
    if current is None:
        current = g.database = RequestConnection(sqlalchemy.engine)
    return current


def connection() -> Connection:
    """Return the connection of this request or command, taken from the pool on first use. Raises Unavailable."""
    return current_connection().connection()


@contextmanager
def reader() -> Iterator[None]:
    """Let the block read from the copies (DATABASE_READER_URL), where there are some.

    They may be seconds behind: for what takes long and needs no newest word, never for what is written next.
    """
    copies = sqlalchemy.engines.get("reader")
    if copies is None:
        yield
        return
    writer, g.database = g.get("database"), RequestConnection(copies)
    try:
        yield
    finally:
        release()
        g.database = writer


def dialect() -> Dialect:
    """Return in whose SQL to speak; MariaDB understands MySQL's."""
    return current_connection().dialect


def release() -> None:
    """Give the connection back early, before work that needs no database for a while (hashing, streaming)."""
    current: RequestConnection | None = g.get("database")
    if current:
        current.release()


def read(statement: Any, **parameters: Any) -> Any:
    """Return the result of one SELECT. Raises Unavailable."""
    return retry_if_disconnected(lambda: connection().execute(statement, parameters))


def retry_if_disconnected(ask: Callable[[], R], began: float | None = None) -> R:
    """Ask again on a new connection when the old one turns out to be dead; for what has changed nothing yet.

    `began`, of time.monotonic, is when asking did. Raises Unavailable.
    """
    began = began or time.monotonic()
    try:
        return ask()
    except UNAVAILABLE_ERRORS as error:
        lost = isinstance(error, exc.DBAPIError) and error.connection_invalidated
        if is_locked(error) and not current_connection().in_transaction and seconds_left() >= SECONDS_FOR_TABLES:
            return _ask_once_more(ask)
        # A connection that was cut says so at once; a server that let us wait this long would do so again.
        if not lost or current_connection().in_transaction or time.monotonic() - began > SECONDS_TO_ASK_AGAIN:
            raise unavailable(error) from error
    release()
    return _ask_once_more(ask)


def _ask_once_more(ask: Callable[[], R]) -> R:
    with unavailable_when_lost():
        return ask()


@contextmanager
def unavailable_when_lost() -> Iterator[None]:
    """Raise Unavailable for what the driver or the pool raises."""
    try:
        yield
    except UNAVAILABLE_ERRORS as error:
        raise unavailable(error) from error


def is_locked(error: BaseException) -> bool:
    """Tell whether a row or a table was waited for in vain that another session has locked."""
    return isinstance(error, exc.DBAPIError) and error_number(error) == LOCK_WAIT_TIMEOUT

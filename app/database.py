"""Connections and transactions: one connection a request, reads without a transaction, writes inside one.

The engine commits by itself (isolation level AUTOCOMMIT), so a page that only reads sends its SELECT and nothing
else; `in_transaction` opens a real transaction for a write. Errors of the driver leave here as `Unavailable`.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal, ParamSpec, TypeVar

import click
from flask import Flask, current_app, g, has_app_context, has_request_context
from sqlalchemy import Connection, Engine, event, exc, text
from sqlalchemy.dialects.mysql.pymysql import MySQLDialect_pymysql as MySQLDialect
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite as SQLiteDialect
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection, QueuePool

from app import credentials
from app.errors import Unavailable
from app.extensions import db
from app.ops import metrics

Dialect = Literal["sqlite", "mysql"]

P = ParamSpec("P")
R = TypeVar("R")

# MySQL, after a failover: read-only server (1290, 1836, 1792) or one that is shutting down (1053). The connection
# is useless although it still answers, so the pool must drop it. Source: MySQL's server error reference.
WRITER_IS_GONE = {1290, 1836, 1792, 1053}
DEADLOCK, LOCK_WAIT_TIMEOUT = 1213, 1205
# What the driver or the pool raises when the database does not answer as it should.
GONE = (exc.OperationalError, exc.InterfaceError, exc.TimeoutError, exc.InternalError)
ATTEMPTS = 5
IDLE_BEFORE_PING = 1.0  # seconds
SECONDS_TO_ASK_AGAIN = 0.5
SECONDS_FOR_COMMANDS = 3600
SECONDS_FOR_ATTEMPTS = 1.5


def init_app(app: Flask) -> None:
    app.teardown_appcontext(_close)
    app.extensions["stores"]["database"] = ping
    with app.app_context():
        app.extensions["engine"] = db.engine  # Flask-SQLAlchemy takes five microseconds to look it up
        app.extensions["kept"] = []
        _listen(db.engine)
        authenticate(db.engine)


def authenticate(engine: Engine) -> None:
    """Let `engine` connect with what DATABASE_SECRET holds; without it, the address says who we are."""
    if place := current_app.config["DATABASE_SECRET"]:
        credentials.use(engine, credentials.of(place))


class Use:
    """What one request or command holds of the database: a connection from the pool, once it has asked something.

    Taking one from the pool and giving it back takes as long as a SELECT of SQLite's. There a request that only read
    keeps its connection for the next one, out of the pool; but no more than one, or others would wait for it in vain.
    """

    __slots__ = ("_connection", "_engine", "_kept", "_pooled", "driver", "in_transaction", "seconds")

    def __init__(self) -> None:
        extensions = current_app.extensions
        self._engine: Engine = extensions["engine"]
        self._kept: list[PoolProxiedConnection] = extensions["kept"]
        self.driver = self._engine.dialect.loaded_dbapi
        self._pooled: PoolProxiedConnection | None = None
        self._connection: Connection | None = None
        self.in_transaction = False
        self.seconds = 0.0  # spent waiting for answers

    def pooled(self) -> PoolProxiedConnection:
        """Return the driver's connection, taken from the pool on first use and again when it was lost."""
        if self._pooled and not self._pooled.is_valid and not self.in_transaction:
            self.release()
        if self._pooled is None:
            self._pooled = self._take()
            metrics.POOL_CHECKED_OUT.inc()
        return self._pooled

    def _take(self) -> PoolProxiedConnection:
        try:
            return self._kept.pop()
        except IndexError:
            with _translated():
                return _checked_out(self._engine)

    def connection(self) -> Connection:
        """Return it as SQLAlchemy's, which takes half as long to make as a statement to run: not for every page."""
        pooled = self.pooled()
        if self._connection is None:
            self._connection = Connection(self._engine, pooled)
        return self._connection

    def dialect(self) -> Dialect:
        return "sqlite" if self._engine.dialect.name == "sqlite" else "mysql"

    def release(self) -> None:
        connection, pooled = self._connection, self._pooled
        if pooled is None:
            return
        self._connection = self._pooled = None
        metrics.POOL_CHECKED_OUT.dec()
        if connection:
            connection.close()
        elif self.dialect() == "sqlite" and not self._kept and pooled.is_valid:
            self._kept.append(pooled)
        else:
            pooled.close()


def _use() -> Use:
    use: Use | None = g.get("database")
    if use is None:
        use = g.database = Use()
    return use


def connection() -> Connection:
    """Return the connection of this request or command, taken from the pool on first use."""
    return _use().connection()


def _checked_out(engine: Engine) -> PoolProxiedConnection:
    pool = engine.pool
    if isinstance(pool, QueuePool) and pool.checkedout() >= pool.size():
        metrics.POOL_WAITS.inc()
    try:
        return engine.raw_connection()
    except exc.TimeoutError:
        metrics.POOL_TIMEOUTS.inc()
        raise
    except engine.dialect.loaded_dbapi.Error as error:
        raise exc.OperationalError("connect", None, error) from error


def dialect() -> Dialect:
    """Return in whose SQL to speak; MariaDB understands MySQL's."""
    return _use().dialect()


def release() -> None:
    """Give the connection back early, before work that needs no database for a while (hashing, streaming)."""
    use: Use | None = g.get("database")
    if use:
        use.release()


def read(statement: Any, **parameters: Any) -> Any:
    """Return the result of one SELECT. Raises Unavailable."""
    return _twice(lambda: connection().execute(statement, parameters))


def ping() -> None:
    """Do nothing when the database answers. Raises Unavailable."""
    read(text("SELECT 1")).all()


class Query:
    """A SELECT that pages send all the time, compiled once at import; parameters are written `:name`.

    It goes to the driver itself, which of the 75 microseconds that SQLAlchemy takes for a list saves 50. What comes
    back is what the driver gives: on SQLite, dates are text.
    """

    def __init__(self, sqlite: str, mysql: str | None = None) -> None:
        self._sql: dict[Dialect, str] = {
            "sqlite": str(text(sqlite).compile(dialect=SQLiteDialect(paramstyle="named"))),
            "mysql": str(text(mysql or sqlite).compile(dialect=MySQLDialect(paramstyle="pyformat"))),
        }

    def rows(self, **parameters: Any) -> Sequence[tuple[Any, ...]]:
        """Return all rows. Raises Unavailable."""
        use = _use()
        sql = self._sql[use.dialect()]

        def ask() -> Sequence[tuple[Any, ...]]:
            return use.connection().exec_driver_sql(sql, parameters).all()

        if use.in_transaction:
            # A second answer would belong to no transaction if the error had ended it.
            return _twice(ask)
        began = time.monotonic()
        try:
            return _straight(use, sql, parameters)
        except use.driver.Error:
            # SQLAlchemy knows what the error means for connection and pool.
            return _twice(ask, began)


def _straight(use: Use, sql: str, parameters: dict[str, Any]) -> Sequence[tuple[Any, ...]]:
    pooled = use.pooled()
    began = time.perf_counter()
    try:
        cursor = pooled.cursor()
        cursor.execute(sql, parameters)
        return cursor.fetchall()
    finally:
        use.seconds += time.perf_counter() - began


def _twice(ask: Callable[[], R], began: float | None = None) -> R:
    """Ask again on a new connection when the old one turns out to be dead; for what has changed nothing yet.

    `began`, of time.monotonic, is when asking did.
    """
    began = began or time.monotonic()
    try:
        return ask()
    except GONE as error:
        lost = isinstance(error, exc.DBAPIError) and error.connection_invalidated
        # A connection that was cut says so at once; a server that let us wait this long would do so again.
        if not lost or _use().in_transaction or time.monotonic() - began > SECONDS_TO_ASK_AGAIN:
            raise Unavailable from error
    release()
    with _translated():
        return ask()


@contextmanager
def transaction() -> Iterator[Connection]:
    """Everything inside is kept together or not at all; inside another transaction it simply takes part."""
    use = _use()
    if use.in_transaction:
        yield use.connection()
        return
    # IMMEDIATE: SQLite takes the write lock now and waits for it; a reader that turns writer would be refused.
    begin = "BEGIN IMMEDIATE" if use.dialect() == "sqlite" else "BEGIN"
    _twice(lambda: use.connection().exec_driver_sql(begin))
    opened = use.connection()
    with _translated():
        use.in_transaction = True
        try:
            yield opened
            opened.exec_driver_sql("COMMIT")
        except BaseException:
            _rollback(opened)
            raise
        finally:
            use.in_transaction = False


def in_transaction(function: Callable[P, R]) -> Callable[P, R]:
    """Run `function` in a transaction, and again from the start when the database chose it as a deadlock's victim."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        outermost = not _use().in_transaction
        began = time.monotonic()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with transaction():
                    return function(*args, **kwargs)
            except (exc.OperationalError, Unavailable) as error:
                too_late = has_request_context() and time.monotonic() - began > SECONDS_FOR_ATTEMPTS
                if attempt == ATTEMPTS or too_late or not outermost or not _worth_repeating(error):
                    raise
                time.sleep(0.01 * attempt)
        raise AssertionError("unreachable")

    return run


def _worth_repeating(error: BaseException) -> bool:
    cause = error.__cause__ if isinstance(error, Unavailable) else error
    return isinstance(cause, exc.DBAPIError) and error_number(cause) in {DEADLOCK, LOCK_WAIT_TIMEOUT}


def error_number(error: exc.DBAPIError) -> int | None:
    """Return MySQL's number of the error, None for SQLite's."""
    arguments = getattr(error.orig, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else None


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except GONE as error:
        raise Unavailable from error


def _rollback(opened: Connection) -> None:
    if opened.invalidated or opened.closed:
        return
    try:
        opened.exec_driver_sql("ROLLBACK")
    except exc.DBAPIError:
        # Whatever it holds, it must not go back to the pool.
        opened.invalidate()


def _close(_error: BaseException | None) -> None:
    release()


def _listen(engine: Engine) -> None:
    event.listen(engine, "before_cursor_execute", _start_clock)
    event.listen(engine, "after_cursor_execute", _stop_clock)
    _count_pool(engine)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        return
    event.listen(engine, "do_connect", _be_patient)
    event.listen(engine, "connect", _prepare_mysql)
    event.listen(engine, "checkin", _note_time)
    event.listen(engine, "checkout", _ping_if_idle)
    event.listen(engine, "handle_error", _drop_read_only_writer)


def _start_clock(_connection: Any, _cursor: Any, _statement: Any, _values: Any, context: Any, _many: bool) -> None:
    context.started = time.perf_counter()


def _stop_clock(_connection: Any, _cursor: Any, _statement: Any, _values: Any, context: Any, _many: bool) -> None:
    if has_app_context():
        _use().seconds += time.perf_counter() - context.started


def _count_pool(engine: Engine) -> None:
    pool = engine.pool
    metrics.POOL_SIZE.set(pool.size() if isinstance(pool, QueuePool) else 0)
    metrics.POOL_CHECKED_OUT.set(0)
    metrics.POOL_OVERFLOW.set(0)
    if isinstance(pool, QueuePool) and engine.dialect.name == "sqlite":  # MySQL's pool never overflows: see config.py
        _count_overflow(engine, pool)


def _count_overflow(engine: Engine, pool: QueuePool) -> None:
    told = 0

    def count(*_: object) -> None:
        nonlocal told
        overflow = max(0, pool.overflow())
        if overflow != told:  # telling the other processes costs more than looking
            told = overflow
            metrics.POOL_OVERFLOW.set(overflow)

    event.listen(engine, "checkout", count)
    event.listen(engine, "checkin", count)


def _be_patient(_dialect: Any, _entry: Any, _arguments: Any, options: dict[str, Any]) -> None:
    # Nobody waits for an answer to a command, and a migration may take its time. What a probe opens in its own thread,
    # outside any request, serves requests later on.
    if click.get_current_context(silent=True) and not has_request_context() and "read_timeout" in options:
        options["read_timeout"] = options["write_timeout"] = SECONDS_FOR_COMMANDS


def _prepare_sqlite(opened: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    for pragma in (
        "journal_mode = WAL",  # readers and the writer do not wait for each other
        "synchronous = FULL",  # an acknowledged write survives a power cut
        "foreign_keys = ON",
        "cache_size = -20000",  # 20 MB a connection
        "mmap_size = 268435456",  # read through the page cache without copying
    ):
        opened.cursor().execute(f"PRAGMA {pragma}")


def _prepare_mysql(opened: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    cursor = opened.cursor()
    # Refuse what does not fit instead of cutting it; give up on a lock before the proxy gives up on us.
    cursor.execute("SET SESSION sql_mode = 'TRADITIONAL', innodb_lock_wait_timeout = 1, group_concat_max_len = 1048576")
    # Every update is guarded by a version, so the gap locks of REPEATABLE READ would only add deadlocks.
    cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
    cursor.close()
    entry.info["used"] = time.monotonic()


def _note_time(_opened: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    entry.info["used"] = time.monotonic()


def _ping_if_idle(opened: Any, entry: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
    """Ask an idle connection whether it still lives; a busy one proves it by being used, and is spared the trip."""
    if time.monotonic() - entry.info["used"] < IDLE_BEFORE_PING:
        return
    began = time.monotonic()
    try:
        opened.ping(reconnect=False)
    except Exception as error:
        if time.monotonic() - began > SECONDS_TO_ASK_AGAIN:
            # The server hangs: a new connection would be waited for as long.
            raise exc.OperationalError("ping", None, error) from error
        raise exc.DisconnectionError from error


def _drop_read_only_writer(context: ExceptionContext) -> None:
    arguments = getattr(context.original_exception, "args", ())
    if arguments and arguments[0] in WRITER_IS_GONE:
        context.is_disconnect = True

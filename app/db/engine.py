"""The engine and its pool: how connections are opened, prepared, counted, timed, checked and dropped."""

from __future__ import annotations

import os
import socket
import sqlite3
import time
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from typing import Any

import click
from flask import Flask, current_app, has_app_context, has_request_context
from sqlalchemy import Engine, NullPool, create_engine, event, exc
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection, QueuePool

from app.db import credentials
from app.db.metadata import sqlalchemy
from app.ops import metrics, request_log

# MySQL, after a failover: read-only server (1290, 1836, 1792) or one that is shutting down (1053). The connection
# is useless although it still answers, so the pool must drop it. Source: MySQL's server error reference.
WRITER_LOST = {1290, 1836, 1792, 1053}
SECONDS_IDLE_BEFORE_PING = 1.0
SECONDS_TO_ASK_AGAIN = 0.5
SECONDS_FOR_COMMANDS = 3600
# A connection ends when what was sent is not acknowledged for a minute; in silence, probes are sent after half of it.
# Not every system has these options.
KEEPALIVE = {
    getattr(socket, name): value
    for name, value in {"TCP_USER_TIMEOUT": 60_000, "TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}.items()
    if hasattr(socket, name)
}
# Just less than the client's time-out of two seconds (config.py), so that the server does not go on after it.
SECONDS_FOR_STATEMENTS = 1.9
SECONDS_FOR_ROWS = 1  # that another transaction has locked
SECONDS_FOR_LOG = 10  # to come to a SQLite database that writes none so far: as long as for its locks (config.py)
SECONDS_FOR_TABLES = 1  # that a migration has locked, or waits for; a read asks twice (request_connection.read)


def init_app(app: Flask) -> None:
    with app.app_context():
        for engine in sqlalchemy.engines.values():
            listen(engine)
            authenticate(engine)
            restrict_file(engine)
        _count_pool(sqlalchemy.engine)


def create_beside_pool(options: Mapping[str, Any]) -> Engine:
    """Return an engine that opens a connection whenever it is asked, in the current app; `options` are the driver's."""
    engine = create_engine(
        sqlalchemy.engine.url,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,
        connect_args={**options},
    )
    authenticate(engine)
    restrict_file(engine)
    return engine


def authenticate(engine: Engine) -> None:
    """Let `engine` connect with what DATABASE_SECRET holds; without it, the address names the user."""
    if place := current_app.config["DATABASE_SECRET"]:
        credentials.use(engine, credentials.of(place))
    else:
        event.listen(engine, "do_connect", credentials.encode_password)


def restrict_file(engine: Engine) -> None:
    """Keep the file of a SQLite database, and those that SQLite puts beside it, from other users of the machine."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "do_connect", _restrict)


def _restrict(_dialect: Any, _entry: Any, arguments: Any, _options: Any) -> None:
    path = arguments[0]
    # A new file is made with these rights, and SQLite gives -wal and -shm those of the database.
    with suppress(OSError):  # connecting says better what is wrong
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if os.fstat(descriptor).st_mode & 0o077:
                os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)


def check_out(engine: Engine) -> PoolProxiedConnection:
    """Take a connection from the pool and count waiting for it. Raises what SQLAlchemy raises."""
    pool = engine.pool
    is_full = isinstance(pool, QueuePool) and pool.checkedout() >= pool.size()
    try:
        with metrics.waiting("connection") if is_full else nullcontext():
            return engine.raw_connection()
    except exc.TimeoutError:
        metrics.POOL_TIMEOUTS.labels("connection").inc()
        raise
    except engine.dialect.loaded_dbapi.Error as error:
        raise exc.OperationalError("connect", None, error) from error


def listen(engine: Engine) -> None:
    """Let connections of `engine` be prepared, timed, checked and dropped as the app needs it."""
    event.listen(engine, "before_cursor_execute", _start_clock)
    event.listen(engine, "after_cursor_execute", _stop_clock)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        return
    event.listen(engine, "do_connect", _allow_commands_time)
    event.listen(engine, "connect", _prepare_mysql)
    event.listen(engine, "checkin", _remember_use)
    event.listen(engine, "checkout", _ping_if_idle)
    event.listen(engine, "handle_error", _drop_lost_writer)


def _start_clock(_connection: Any, _cursor: Any, _statement: Any, _values: Any, context: Any, _many: bool) -> None:
    context.started = time.perf_counter()


def _stop_clock(_connection: Any, _cursor: Any, _statement: Any, _values: Any, context: Any, _many: bool) -> None:
    if has_app_context():
        request_log.add_database_seconds(time.perf_counter() - context.started)


def _count_pool(engine: Engine) -> None:
    pool = engine.pool
    metrics.POOL_SIZE.set(pool.size() if isinstance(pool, QueuePool) else 0)
    metrics.POOL_CHECKED_OUT.set(0)
    metrics.POOL_OVERFLOW.set(0)
    if isinstance(pool, QueuePool) and engine.dialect.name == "sqlite":  # MySQL's pool never overflows: see config.py
        _count_overflow(engine, pool)


def _count_overflow(engine: Engine, pool: QueuePool) -> None:
    counted = 0

    def count(*_: object) -> None:
        nonlocal counted
        overflow = max(0, pool.overflow())
        if overflow != counted:  # writing the shared figure costs more than comparing
            counted = overflow
            metrics.POOL_OVERFLOW.set(overflow)

    event.listen(engine, "checkout", count)
    event.listen(engine, "checkin", count)


def _is_command() -> bool:
    """Tell whether this connection is opened for a command. Nobody waits for its answers, and it may take its time.

    What a probe opens in its own thread, outside any request, serves requests later on.
    """
    return bool(click.get_current_context(silent=True)) and not has_request_context()


def _allow_commands_time(_dialect: Any, _entry: Any, _arguments: Any, options: dict[str, Any]) -> None:
    if _is_command() and "read_timeout" in options:
        options["read_timeout"] = options["write_timeout"] = SECONDS_FOR_COMMANDS


def _prepare_sqlite(opened: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    _write_ahead(opened)
    for pragma in (
        "synchronous = FULL",  # an acknowledged write survives a power cut
        "foreign_keys = ON",
        "secure_delete = ON",  # what is deleted is written over; Debian's SQLite does so anyway, others do not
        "cache_size = -20000",  # 20 MB a connection
        "mmap_size = 268435456",  # read through the page cache without copying
    ):
        opened.cursor().execute(f"PRAGMA {pragma}")


def _write_ahead(opened: DBAPIConnection) -> None:
    """Let readers and the writer not wait for each other. Raises OperationalError when that cannot be had in time.

    A file that a migration made, or a backup, gets its log from whoever opens it first. Where several try together,
    SQLite refuses some of them at once, whatever its time-out: each could wait for the other for ever.
    """
    end = time.monotonic() + SECONDS_FOR_LOG
    while True:
        try:
            opened.cursor().execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(0.01)


def _prepare_mysql(opened: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    cursor = opened.cursor()
    # Refuse what does not fit instead of cutting it; give up before the proxy gives up on us. The locks of rows and of
    # tables have limits of their own, and so have statements: SELECTs on MySQL, all of them on MariaDB.
    seconds = SECONDS_FOR_COMMANDS if _is_command() else SECONDS_FOR_STATEMENTS
    if _is_command():
        _notice_dead_server(opened)
    is_mariadb = "MariaDB" in opened.get_server_info()
    limit = f"max_statement_time = {seconds}" if is_mariadb else f"max_execution_time = {seconds * 1000:.0f}"
    cursor.execute(
        f"SET SESSION sql_mode = 'TRADITIONAL', group_concat_max_len = 1048576, {limit},"
        f" innodb_lock_wait_timeout = {SECONDS_FOR_ROWS}, lock_wait_timeout = {SECONDS_FOR_TABLES}"
    )
    # Every update is guarded by a version, so the gap locks of REPEATABLE READ would only add deadlocks.
    cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
    cursor.close()
    entry.info["used"] = time.monotonic()


def _notice_dead_server(opened: Any) -> None:
    """Let the operating system look whether a server from which an answer may take an hour is there at all.

    The driver switches keep-alive on, and has no option for its times.
    """
    if opened._sock.family == socket.AF_UNIX:
        return
    for option, value in KEEPALIVE.items():
        opened._sock.setsockopt(socket.IPPROTO_TCP, option, value)


def _remember_use(_opened: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    entry.info["used"] = time.monotonic()


def _ping_if_idle(opened: Any, entry: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
    """Ask an idle connection whether it still lives; a busy one proves it by being used, and is spared the trip."""
    if time.monotonic() - entry.info["used"] < SECONDS_IDLE_BEFORE_PING:
        return
    began = time.monotonic()
    try:
        opened.ping(reconnect=False)
    except Exception as error:
        if time.monotonic() - began > SECONDS_TO_ASK_AGAIN:
            # The server hangs: a new connection would be waited for as long.
            raise exc.OperationalError("ping", None, error) from error
        raise exc.DisconnectionError from error


def _drop_lost_writer(context: ExceptionContext) -> None:
    arguments = getattr(context.original_exception, "args", ())
    if arguments and arguments[0] in WRITER_LOST:
        context.is_disconnect = True

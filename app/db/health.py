"""How the database is, asked outside the pool: a pool whose connections all wait says nothing about the database."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from prometheus_client import Gauge
from sqlalchemy import Engine, exc, text
from sqlalchemy.pool import QueuePool

from app import clock
from app.db.abandoned import SECONDS_TO_END, AbandonedConnections
from app.db.causes import error_number
from app.db.engine import create_beside_pool, listen
from app.db.metadata import sqlalchemy
from app.db.request_connection import unavailable_when_lost
from app.ops.probes import State
from app.per_app import PerApp

MIGRATIONS = Path(__file__).parents[2] / "migrations/versions"
NO_SUCH_TABLE = 1146  # MySQL's number

WAITING_FOR_TABLES = Gauge(
    "database_waiting_for_tables",
    "Connections of the app that wait for a table that another session has locked.",
    multiprocess_mode="mostrecent",
)
CLOCK_DIFFERENCE = Gauge(
    "database_clock_difference_seconds",
    "By how much the clock of this machine is ahead of the database's.",
    multiprocess_mode="mostrecent",
)
SECONDS_OF_DIFFERENCE = 1.0  # that two clocks may have
SCHEMA = Gauge("database_schema_revision", "Number of the database's newest migration.", multiprocess_mode="mostrecent")
WANTED_SCHEMA = Gauge(
    "database_schema_revision_wanted", "Number of the newest migration of this code.", multiprocess_mode="mostrecent"
)

# What others do is not to be seen without a privilege; all app servers are one user.
_MYSQL = text("""
SELECT version_num, UTC_TIMESTAMP(6),
  (SELECT COUNT(*) FROM information_schema.processlist
   WHERE state LIKE 'Waiting for %lock' OR state LIKE 'Waiting for table flush')
FROM alembic_version
""")
_SQLITE = text("SELECT version_num, NULL, 0 FROM alembic_version")

_engine: PerApp[Engine] = PerApp("engine_of_probes")
_abandoned: PerApp[AbandonedConnections] = PerApp("abandoned_connections")


def init_app(app: Flask) -> None:
    """Make the engine of the probes. It opens a connection when it is asked and closes it after the answer."""
    with app.app_context():
        options = app.config["SQLALCHEMY_ENGINE_OPTIONS"]["connect_args"]
        engine = create_beside_pool(options)
        listen(engine)
        if engine.dialect.name != "sqlite":
            brief = dict.fromkeys(("connect_timeout", "read_timeout", "write_timeout"), SECONDS_TO_END)
            beside, patience = create_beside_pool(options | brief), options["read_timeout"]
            _abandoned.set(app, AbandonedConnections(sqlalchemy.engine, beside, patience))
    _engine.set(app, engine)


def find_wanted_revision() -> str:
    """Return the newest migration of this code: their files begin with their numbers."""
    return max(file.name[:4] for file in MIGRATIONS.glob("[0-9]*.py"))


WANTED = find_wanted_revision()


def check() -> State:
    """Return the state of database, schema, tables, pool and clock; the last three make nobody unready.

    Raises Unavailable.
    """
    found, waiting, ahead = _ask()
    WAITING_FOR_TABLES.set(waiting)
    SCHEMA.set(int(found or 0))
    WANTED_SCHEMA.set(int(WANTED))
    is_current = found is not None and found >= WANTED  # code that is older than the schema serves on
    words = {
        "database": "ok",
        "schema": "ok" if is_current else f"is {found or 'empty'}, this version wants {WANTED}: flask db upgrade",
        "tables": f"locked, {waiting} wait" if waiting else "ok",
        "pool": "busy" if _is_pool_busy() else "ok",
        "clock": f"{ahead:.1f} s ahead of the database's" if abs(ahead) > SECONDS_OF_DIFFERENCE else "ok",
    }
    return State(is_current, words)


def _ask() -> tuple[str | None, int, float]:
    """Return the schema's revision, how many wait for tables, and how many seconds the clock is ahead."""
    engine = _engine.get()
    with unavailable_when_lost():
        try:
            with engine.connect() as connection:
                is_sqlite = engine.dialect.name == "sqlite"
                if not is_sqlite:
                    _abandoned.get().end(connection)
                began = clock.now_us()
                row = connection.execute(_SQLITE if is_sqlite else _MYSQL).first()
        except exc.DBAPIError as error:
            if error_number(error) == NO_SUCH_TABLE or "no such table" in str(error.orig):
                return None, 0, 0.0
            raise
    if row is None:
        return None, 0, 0.0
    ahead = 0.0
    if row[1]:
        there, here = clock.from_datetime(clock.in_utc(row[1])), (began + clock.now_us()) // 2
        ahead = (here - there) / clock.SECOND
        CLOCK_DIFFERENCE.set(ahead)
    return row[0], row[2], ahead


def _is_pool_busy() -> bool:
    pool = sqlalchemy.engine.pool
    return isinstance(pool, QueuePool) and pool.overflow() >= 0 and pool.checkedout() >= pool.size()

"""What is wrong with the database, in one sentence for the operator that names the command that mends it."""

from __future__ import annotations

import re

from sqlalchemy import Connection, exc, inspect
from sqlalchemy.engine import URL

from app.db.causes import error_number, find_cause, find_first
from app.db.credentials import Unreadable
from app.db.metadata import metadata, sqlalchemy
from app.errors import Cause

UPGRADE = "run `flask db upgrade` first"

_REASONS = {
    Cause.POOL: "all connections of this process are in use; try again",
    Cause.CONNECTIONS: "it takes no more connections: stop a server, or set DATABASE_POOL_SIZE lower",
    Cause.LOCK: "another session holds a lock on what is to be changed; try again (`flask database sessions`)",
    Cause.DENIED: "it refuses this user or password",
    Cause.DISK_FULL: "its disk is full: make room there, then go on; nothing of what was acknowledged is lost",
    Cause.READ_ONLY: "it is read-only: a standby, or full; DATABASE_URL must lead to the writer",
    Cause.GONE: "it cannot be reached, or the connection was lost: is it running, and is DATABASE_URL right?",
    Cause.TIME_OUT: "a statement took too long; `flask database sessions` lists what is at work",
    Cause.SCHEMA: f"its tables are not those of this version: {UPGRADE}",
    Cause.DAMAGED: "it is damaged, or no SQLite database: restore a backup",
}
# Where the number says more than the cause.
_BY_NUMBER = {
    1044: "this user may not use the database {database}",
    1049: "it has no database {database}: CREATE DATABASE {database} CHARACTER SET utf8mb4",
    1142: "this user may not do that: `flask database users` makes the users with their rights",
    1146: f"its tables are missing: {UPGRADE}",
}
_BY_TEXT = {
    "no such table": f"its tables are missing: {UPGRADE}",
    "file is not a database": "it is no SQLite database",
    "unable to open database file": "it cannot be opened: may this user read and write the file and its folder?",
    "readonly database": "it may not be written: the file and its folder must belong to this user",
    "database is locked": "another process is writing to it; try again",
    "disk I/O error": "the disk fails",
}


def explain(error: BaseException) -> str:
    """Return one sentence about an error of the driver or of the pool; no statement and no value is in it."""
    name = _name(sqlalchemy.engine.url)
    first = find_first(error)
    if not isinstance(first, exc.DBAPIError):
        return f"{name}: {_REASONS.get(find_cause(first), 'it cannot be used right now')}."
    if isinstance(first.orig, Unreadable):
        return f"DATABASE_SECRET: {first.orig}"
    number, text = error_number(first), str(first.orig)
    known = _BY_NUMBER.get(number) if number else next((said for part, said in _BY_TEXT.items() if part in text), None)
    known = known or _REASONS.get(find_cause(first)) or (f"error {number}" if number else text)
    return f"{name}: {known.format(database=sqlalchemy.engine.url.database)}."


def newer_revision(connection: Connection, newest: str) -> str | None:
    """Return the schema's revision if a later version of this product has made it, which only adds to what is here."""
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" not in tables or len(tables & set(metadata.tables)) * 2 < len(metadata.tables):
        return None
    found: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return found if found and re.fullmatch(r"\d{4}", found) and found > newest else None


def foreign_tables(connection: Connection, known_revisions: set[str]) -> str | None:
    """Return the sentence for a database that another program has made, None for an empty one and for ours."""
    tables = set(inspect(connection).get_table_names())
    ours = tables & set(metadata.tables)
    made_by = set()
    if "alembic_version" in tables:
        made_by = set(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars())
    if made_by & known_revisions or not tables - {"alembic_version"} or (ours and not made_by - known_revisions):
        return None
    url = sqlalchemy.engine.url
    return (
        f"{_name(url)} belongs to another program; its tables: {', '.join(sorted(tables)[:5])}. Nothing was changed."
        " Notes of the original application are copied from there into a database of their own: set DATABASE_URL to a"
        f" new one, then `flask notes adopt {url.render_as_string(hide_password=True)} --owner EMAIL`."
    )


def _name(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return f"The database {url.database}"
    return f"MySQL at {url.host}:{url.port or 3306}"

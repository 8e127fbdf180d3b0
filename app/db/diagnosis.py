"""What is wrong with the database, in one sentence for the operator that names the command that mends it."""

from __future__ import annotations

from sqlalchemy import Connection, exc, inspect
from sqlalchemy.engine import URL

from app.db.credentials import Unreadable
from app.db.metadata import metadata, sqlalchemy
from app.db.request_connection import error_number

UPGRADE = "run `flask db upgrade` first"

# MySQL's numbers, server's and client's: https://dev.mysql.com/doc/mysql-errors/8.4/en/
_MYSQL = {
    1044: "this user may not use the database {database}",
    1045: "it refuses this user or password",
    1049: "it has no database {database}: CREATE DATABASE {database} CHARACTER SET utf8mb4",
    1142: "this user may not do that: `flask database users` makes the users with their rights",
    1146: f"its tables are missing: {UPGRADE}",
    1205: "another session holds a lock on what is to be changed; try again",
    1290: "it is read-only",
    1698: "it refuses this user or password",
    1969: "a statement took too long",  # MariaDB's
    2003: "it cannot be reached",
    2006: "the connection was lost",
    2013: "the connection was lost",
    3024: "a statement took too long",
}
_SQLITE = {
    "no such table": f"its tables are missing: {UPGRADE}",
    "file is not a database": "it is no SQLite database",
    "unable to open database file": "it cannot be opened",
    "readonly database": "it may not be written",
    "database is locked": "another process is writing to it; try again",
    "disk is full": "the disk is full",
    "disk I/O error": "the disk fails",
    "malformed": "it is damaged; restore a backup",
}


def explain(error: BaseException) -> str:
    """Return one sentence about an error of the driver or of the pool; no statement and no value is in it."""
    name = _name(sqlalchemy.engine.url)
    if isinstance(error, exc.TimeoutError):
        return f"{name}: all connections are in use; try again."
    if not isinstance(error, exc.DBAPIError):
        return f"{name} cannot be used right now."
    if isinstance(error.orig, Unreadable):
        return f"DATABASE_SECRET: {error.orig}"
    number, text = error_number(error), str(error.orig)
    known = _MYSQL.get(number) if number else next((said for part, said in _SQLITE.items() if part in text), None)
    reason = (known or (f"error {number}" if number else text)).format(database=sqlalchemy.engine.url.database)
    return f"{name}: {reason}."


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

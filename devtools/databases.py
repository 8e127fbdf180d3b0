"""Migrated databases for tests and benchmarks: the settings on which the app runs there, and production's users."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from subprocess import Popen
from typing import Any, Protocol

import flask_migrate
import pymysql
from pymysql.constants import CLIENT
from sqlalchemy.engine import make_url

from app import create_app
from app.db.metadata import sqlalchemy
from config import from_environment
from devtools import mariadb, mysql

SETTINGS = {"APP_ENV": "testing", "SECRET_KEY": "0123456789abcdef" * 4, "SIGN_UP": "open"}
MIGRATIONS = Path(__file__).parents[1] / "migrations"
CHEAP = {"memory_cost": 8, "time_cost": 1, "parallelism": 1}
NO_FLUSH = ("--innodb-flush-log-at-trx-commit=0", "--sync-binlog=0")
"""Options of a server whose data need not survive a power cut."""


class Engine(Protocol):
    """What devtools/mariadb.py and devtools/mysql.py both offer."""

    WITHOUT_TLS: tuple[str, ...]

    def server(self, *options: str) -> AbstractContextManager[str]: ...
    def install(self, folder: Path) -> None: ...
    def run(
        self, folder: Path, port: int, *options: str, seconds_to_stop: float = 30
    ) -> AbstractContextManager[Popen[bytes]]: ...
    def version(self) -> str: ...


ENGINES: dict[str, Engine] = {"mariadb": mariadb, "mysql": mysql}
"""The servers on which the notes run, by name."""


def settings(database_url: str, **environ: str) -> dict[str, Any]:
    """Return the settings of tests; `environ` overrides what the environment says."""
    found = from_environment({**SETTINGS, "DATABASE_URL": database_url, **environ})
    to_server = found.get("SQLALCHEMY_ENGINE_OPTIONS", {}).get("connect_args", {})  # none where entries are in DynamoDB
    if database_url.startswith("mysql") and "ssl" not in to_server:
        to_server["ssl_disabled"] = True  # each app would make a context that verifies nothing, in 25 ms
    return found | {"TESTING": True, "PASSWORD_HASH_COST": CHEAP}


def migrate(database_url: str) -> None:
    app = create_app(settings(database_url))
    with app.app_context():
        flask_migrate.upgrade(directory=str(MIGRATIONS))
        sqlalchemy.engine.dispose()


@contextmanager
def migrated_server(engine: Engine, folder: Path) -> Iterator[str]:
    """Run a server with an empty, migrated database; yield the address with the app's user. `folder` is for secrets."""
    with engine.server(*NO_FLUSH) as address:
        run_sql(address, "CREATE DATABASE notes CHARACTER SET utf8mb4")
        migrate(f"{address}/notes")
        yield create_app_user(f"{address}/notes", folder)


def create_app_user(root: str, folder: Path) -> str:
    """Make the users of production, and return the address with the one whom the app is there."""
    places = {f"DATABASE_{user.upper()}_SECRET": str(folder / user) for user in ("app", "migrate")}
    for user in ("app", "migrate"):
        (folder / user).write_text(json.dumps({"username": user, "password": user}))
    app = create_app(settings(root, **places))
    with app.app_context():  # or the command would run in whichever context is open now
        result = app.test_cli_runner().invoke(args=["database", "users"])
    assert result.exit_code == 0, result.output
    return root.replace("root@", "app:app@")


def as_root(address: str) -> str:
    """The same address with the administrator, for tests that make databases of their own."""
    return address.replace("app:app@", "root@")


def run_sql(address: str, *statements: str) -> list[tuple[Any, ...]]:
    """Run the statements on the server and return the rows of the last one."""
    with _connect(address) as connection:
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        connection.commit()
        return list(cursor.fetchall())


def delete_rows(address: str) -> None:
    """Empty all tables but Alembic's; all in one round trip, because every test begins with it."""
    with _connect(address, CLIENT.MULTI_STATEMENTS) as connection:
        cursor = connection.cursor()
        cursor.execute("SHOW TABLES")
        tables = [name for (name,) in cursor.fetchall() if name != "alembic_version"]
        # DELETE, because TRUNCATE makes a new file for each table and its indexes.
        cursor.execute("; ".join(["SET FOREIGN_KEY_CHECKS = 0", *(f"DELETE FROM `{table}`" for table in tables)]))
        while cursor.nextset():
            pass
        connection.commit()


def rewrite_full_text(address: str) -> None:
    """Have the full-text index of notes on the disk as a whole: MariaDB 10.11 must not write it while it is searched.

    See docs/supported.md.
    """
    with _connect(address) as connection:
        connection.cursor().execute("OPTIMIZE TABLE note_search")


def _connect(address: str, client_flag: int = 0) -> pymysql.Connection[Any]:
    url = make_url(address)
    return pymysql.connect(
        host=url.host or "",
        port=url.port or 0,
        user="root",
        database=url.database,
        ssl_disabled=True,  # a context for TLS takes 20 ms to make, ten times what the rest takes
        client_flag=client_flag,
    )

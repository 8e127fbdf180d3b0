"""Migrated databases for tests and benchmarks: the settings on which the app runs there, and production's users."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import flask_migrate
import pymysql
from sqlalchemy.engine import make_url

from app import create_app
from app.db.metadata import sqlalchemy
from config import from_environment

SETTINGS = {"APP_ENV": "testing", "SECRET_KEY": "0123456789abcdef" * 4, "SIGN_UP": "open"}
MIGRATIONS = Path(__file__).parents[1] / "migrations"
CHEAP = {"memory_cost": 8, "time_cost": 1, "parallelism": 1}


def settings(database_url: str, **environ: str) -> dict[str, Any]:
    """Return the settings of tests; `environ` overrides what the environment says."""
    return from_environment({**SETTINGS, "DATABASE_URL": database_url, **environ}) | {
        "TESTING": True,
        "PASSWORD_HASH_COST": CHEAP,
    }


def migrate(database_url: str) -> None:
    app = create_app(settings(database_url))
    with app.app_context():
        flask_migrate.upgrade(directory=str(MIGRATIONS))
        sqlalchemy.engine.dispose()


def create_app_user(root: str, folder: Path) -> str:
    """Make the users of production, and return the address with the one whom the app is there."""
    places = {f"DATABASE_{user.upper()}_SECRET": str(folder / user) for user in ("app", "migrate")}
    for user in ("app", "migrate"):
        (folder / user).write_text(json.dumps({"username": user, "password": user}))
    result = create_app(settings(root, **places)).test_cli_runner().invoke(args=["database", "users"])
    assert result.exit_code == 0, result.output
    return root.replace("root@", "app:app@")


def as_root(address: str) -> str:
    """The same address with the administrator, for tests that make databases of their own."""
    return address.replace("app:app@", "root@")


def run_sql(address: str, *statements: str) -> list[tuple[Any, ...]]:
    """Run the statements on the server and return the rows of the last one."""
    url = make_url(address)
    with pymysql.connect(host=url.host or "", port=url.port or 0, user="root", database=url.database) as connection:
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        connection.commit()
        return list(cursor.fetchall())


def delete_rows(address: str) -> None:
    # DELETE, because TRUNCATE makes a new file for each table and its indexes.
    tables = [row[0] for row in run_sql(address, "SHOW TABLES") if row[0] != "alembic_version"]
    run_sql(address, "SET FOREIGN_KEY_CHECKS = 0", *(f"DELETE FROM `{table}`" for table in tables))

"""What all tests share: the application on a migrated SQLite or MariaDB, browsers, and the people in people.py."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import flask_migrate
import mariadb
import people
import pymysql
import pytest
from e2e import running
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser
from sqlalchemy.engine import make_url

from app import columns, create_app
from app.accounts.sessions import Account
from app.extensions import db
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
        db.engine.dispose()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "notes.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One MariaDB for each process of pytest, and the app's user of it; its data need not survive a power cut."""
    if reason := mariadb.missing():
        (pytest.fail if os.environ.get("NO_SKIPS") else pytest.skip)(reason)
    with mariadb.server("--innodb-flush-log-at-trx-commit=0", "--sync-binlog=0") as address:
        _run(address, "CREATE DATABASE notes CHARACTER SET utf8mb4")
        migrate(f"{address}/notes")
        yield as_the_app(f"{address}/notes", tmp_path_factory.mktemp("users"))


def as_the_app(root: str, folder: Path) -> str:
    """Make the users of production, and return the address with the one whom the app is there."""
    places = {f"DATABASE_{user.upper()}_SECRET": str(folder / user) for user in ("app", "migrate")}
    for user in ("app", "migrate"):
        (folder / user).write_text(json.dumps({"username": user, "password": user}))
    made = create_app(settings(root, **places)).test_cli_runner().invoke(args=["database", "users"])
    assert made.exit_code == 0, made.output
    return root.replace("root@", "app:app@")


def as_root(address: str) -> str:
    """The same address with the administrator, for tests that make databases of their own."""
    return address.replace("app:app@", "root@")


def _run(address: str, *statements: str) -> list[tuple[Any, ...]]:
    """Run the statements on the server and return the rows of the last one."""
    url = make_url(address)
    with pymysql.connect(host=url.host or "", port=url.port or 0, user="root", database=url.database) as connection:
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        connection.commit()
        return list(cursor.fetchall())


def _empty(address: str) -> None:
    # DELETE, because TRUNCATE makes a new file for each table and its indexes.
    tables = [row[0] for row in _run(address, "SHOW TABLES") if row[0] != "alembic_version"]
    _run(address, "SET FOREIGN_KEY_CHECKS = 0", *(f"DELETE FROM `{table}`" for table in tables))


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.server)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty, migrated database; every test that asks for it runs on SQLite and on MariaDB."""
    if request.param == "sqlite":
        copied = shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "notes.db")
        return f"sqlite:///{copied}"
    address: str = request.getfixturevalue("migrated_server")
    _empty(address)
    return address


@pytest.fixture
def make_app(database_url: str) -> Iterator[Callable[..., Flask]]:
    """Make applications on this test's database: `make_app(SIGN_UP="closed")`."""
    made: list[Flask] = []

    def make(**environ: str) -> Flask:
        made.append(create_app(settings(database_url, **environ)))
        return made[-1]

    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser in which nobody is signed in."""
    return app.test_client()


@pytest.fixture
def cast(app: Flask) -> dict[str, Account]:
    """Alice, Bob and Charlie, who have accounts: `cast["alice"].id`. `people.signed_in(client, "alice")` signs in."""
    return people.create(app)


@pytest.fixture
def alice(app: Flask, cast: dict[str, Account]) -> FlaskClient:
    """A browser in which Alice is signed in."""
    return people.signed_in(app.test_client(), "alice")


@pytest.fixture
def bob(app: Flask, cast: dict[str, Account]) -> FlaskClient:
    """A browser in which Bob is signed in."""
    return people.signed_in(app.test_client(), "bob")


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let time pass for the application: `later(minutes=16)`."""
    real, passed = columns.now, timedelta()

    def let_pass(**time: float) -> None:
        nonlocal passed
        passed += timedelta(**time)
        monkeypatch.setattr(columns, "now", lambda: real() + passed // timedelta(microseconds=1))

    return let_pass


@pytest.fixture
def context(app: Flask) -> Iterator[Flask]:
    """An application context, for tests below HTTP."""
    with app.app_context():
        yield app


@pytest.fixture
def owner(context: Flask, cast: dict[str, Account]) -> int:
    """Alice's id, in an application context."""
    return cast["alice"].id


@pytest.fixture
def stranger(context: Flask, cast: dict[str, Account]) -> int:
    return cast["charlie"].id


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's browser; one for each process of pytest, because Playwright cannot be started twice in one."""
    if reason := running.missing():
        (pytest.fail if os.environ.get("NO_SKIPS") else pytest.skip)(reason)
    with running.browser() as opened:
        yield opened

"""A server whose users a test may change, and the secrets in which their passwords lie."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import Result
from flask import Flask
from on_databases import SERVERS

from app import create_app
from app.db.metadata import sqlalchemy
from devtools import databases, dynamodb
from devtools.databases import ENGINES, NO_FLUSH, Engine
from devtools.tls import create_certificate

ADMINISTRATOR = {"username": "administrator", "password": "the administrator's own"}


@dataclass
class Server:
    """A server with an administrator as RDS makes one; its people are gone with each test."""

    root: str

    @property
    def url(self) -> str:
        """The database's address, without a user: that is the secret's part."""
        return f"{self.root.replace('root@', '')}/notes"

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        return databases.run_sql(self.root, *statements)

    def connections(self, user: str) -> int:
        return sum(row[1] == user for row in self.run("SHOW PROCESSLIST"))


@pytest.fixture(scope="module", params=SERVERS)
def engine(request: pytest.FixtureRequest) -> Engine:
    """MariaDB or MySQL; every test that asks for a server runs on both."""
    return ENGINES[request.param]


@pytest.fixture(scope="module")
def started(engine: Engine) -> Iterator[str]:
    with engine.server(*NO_FLUSH) as address:
        yield address


@pytest.fixture
def server(started: str) -> Iterator[Server]:
    """A server with an empty database `notes`, and an administrator who may do what RDS's may."""
    made = Server(started)
    made.run(
        "CREATE DATABASE notes CHARACTER SET utf8mb4",
        f"CREATE USER administrator@'%' IDENTIFIED BY \"{ADMINISTRATOR['password']}\"",
        "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, SHOW DATABASES,"
        " CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION SLAVE, CREATE VIEW, SHOW VIEW, CREATE ROUTINE,"
        " ALTER ROUTINE, CREATE USER, EVENT, TRIGGER ON *.* TO administrator@'%' WITH GRANT OPTION",
    )
    yield made
    gone = (f"DROP USER IF EXISTS {user}@'%'" for user in ("administrator", "app", "migrate"))
    made.run("DROP DATABASE IF EXISTS notes", *gone)


@dataclass
class Secrets:
    """Secrets as files; `write` replaces one at once, as Docker, Kubernetes and `mv` do."""

    folder: Path

    def write(self, name: str, username: str, password: str) -> str:
        path, new = self.folder / name, self.folder / f"{name}.new"
        new.write_text(json.dumps({"username": username, "password": password}))
        return str(new.rename(path))


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    """The secrets of the administrator, the app and the migrations."""
    made = Secrets(tmp_path)
    made.write("administrator", **ADMINISTRATOR)
    made.write("app", "app", "the first of the app's")
    made.write("migrate", "migrate", "the first of the migrations'")
    return made


MakeApp = Callable[..., Flask]


@pytest.fixture
def connected(server: Server, secrets: Secrets) -> Iterator[MakeApp]:
    """Make the application as one of the users: `connected("app")`."""
    made: list[Flask] = []

    def make(user: str, **environ: str) -> Flask:
        place = environ.pop("DATABASE_SECRET", str(secrets.folder / user))
        made.append(create_app(databases.settings(server.url, DATABASE_SECRET=place, **environ)))
        return made[-1]

    yield make
    for app in made:
        with app.app_context():
            sqlalchemy.engine.dispose()


@pytest.fixture
def make_users(connected: MakeApp, secrets: Secrets) -> Callable[..., Result]:
    """Run `flask database users` as the administrator; environment variables may be given."""

    def run(**environ: str) -> Result:
        places = {f"DATABASE_{user.upper()}_SECRET": str(secrets.folder / user) for user in ("app", "migrate")}
        runner = connected("administrator", **places | environ).test_cli_runner()
        return runner.invoke(args=["database", "users"])

    return run


@pytest.fixture
def upgraded(connected: MakeApp, make_users: Callable[..., Result]) -> None:
    """Users are made, and the schema by the migrations' own user."""
    assert make_users().exit_code == 0
    result = connected("migrate").test_cli_runner().invoke(args=["db", "upgrade", "-d", str(databases.MIGRATIONS)])
    assert result.exit_code == 0, result.output


@pytest.fixture(scope="session")
def secrets_manager() -> Iterator[str]:
    """The address of an emulated Secrets Manager, one for each process of pytest."""
    with dynamodb.server() as (address, _process):
        yield address


@pytest.fixture
def manager(secrets_manager: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of it; this process and what it starts are told where it is."""
    for name, value in (dynamodb.CREDENTIALS | {"AWS_ENDPOINT_URL": secrets_manager}).items():
        monkeypatch.setenv(name, value)
    return boto3.client("secretsmanager", region_name="eu-central-1")


@dataclass
class Verified:
    """A server that has a certificate for the name localhost, and the bundle that vouches for it."""

    server: Server
    bundle: str


@pytest.fixture
def verified(tmp_path: Path, engine: Engine) -> Iterator[Verified]:
    create_certificate(tmp_path, "localhost")
    bundle = str(tmp_path / "fullchain.pem")
    with engine.server(f"--ssl-key={tmp_path}/privkey.pem", f"--ssl-cert={bundle}") as root:
        made = Verified(Server(root.replace("127.0.0.1", "localhost")), bundle)
        made.server.run("CREATE DATABASE notes")
        yield made

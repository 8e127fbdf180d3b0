"""DATABASE_SECRET: a password that was changed is found without a restart, and nobody who writes is disturbed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from app import db
from app.db import credentials
from app.db.credentials import Credentials, Secret, Unreadable
from app.errors import Unavailable
from devtools import app_server, people
from devtools.app_server import AppServer
from devtools.people import create_token
from devtools.processes import wait_until
from devtools.writers import Writers

from .conftest import MakeApp, Secrets, Server

pytestmark = pytest.mark.server
FIRST, SECOND = "the first of the app's", "второй пароль, the äpp's 🙂"


def in_json(password: str) -> str:
    return json.dumps({"username": "app", "password": password})


@dataclass
class Managed:
    """The app's secret in Secrets Manager."""

    client: Any
    arn: str

    def put(self, label: str = "AWSCURRENT") -> str:
        """Add a version with the second password; return its id."""
        new = {"SecretString": in_json(SECOND), "VersionStages": [label]}
        version: str = self.client.put_secret_value(SecretId=self.arn, **new)["VersionId"]
        return version


@pytest.fixture
def managed(manager: Any) -> Iterator[Managed]:
    arn = manager.create_secret(Name="notes/database-app", SecretString=in_json(FIRST))["ARN"]
    yield Managed(manager, arn)
    manager.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)


def change_password(server: Server) -> None:
    server.run(f'ALTER USER app@"%" IDENTIFIED BY "{SECOND}"')


@pytest.fixture
def bearer(connected: MakeApp, upgraded: None) -> dict[str, str]:
    app = connected("app")
    return {"Authorization": f"Bearer {create_token(app, people.create_accounts(app)['alice'].id)}"}


@dataclass
class Rotation:
    """A password that is about to change, and writers who open ever more connections meanwhile."""

    server: Server
    secrets: Secrets
    managed: Managed
    writers: Writers
    pool: ThreadPoolExecutor
    started: int = 0

    def grow(self) -> None:
        """Let there be four times as many writers, until they have opened more connections."""
        before = self.server.connections("app")
        for _ in range(1 + 3 * self.started):
            self.started += 1
            self.pool.submit(self.writers.write, self.started)
        wait_until(lambda: self.server.connections("app") > before, "more connections")
        time.sleep(0.5)

    def in_a_file(self) -> None:
        self.secrets.write("app", "app", SECOND)
        self.grow()
        change_password(self.server)

    def secret_first(self) -> None:
        """As with `flask database users`, which is run when the secret has changed."""
        self.managed.put()
        self.grow()
        change_password(self.server)

    def server_first(self) -> None:
        """As Secrets Manager's own rotation does it: the label AWSCURRENT moves at the end."""
        client, arn = self.managed.client, self.managed.arn
        old = client.get_secret_value(SecretId=arn)["VersionId"]
        new = self.managed.put("AWSPENDING")
        change_password(self.server)
        self.grow()
        client.update_secret_version_stage(
            SecretId=arn, VersionStage="AWSCURRENT", MoveToVersionId=new, RemoveFromVersionId=old
        )


@pytest.fixture
def served(
    request: pytest.FixtureRequest, tmp_path: Path, server: Server, secrets: Secrets, managed: Managed
) -> Iterator[AppServer]:
    place = str(secrets.folder / "app") if request.param is Rotation.in_a_file else managed.arn
    environ = {"DATABASE_SECRET": place, "DATABASE_POOL_SIZE": "40"}
    with app_server.gunicorn(tmp_path, server.url, **environ) as running:
        yield running


@pytest.fixture
def rotation(
    served: AppServer, server: Server, secrets: Secrets, managed: Managed, bearer: dict[str, str]
) -> Iterator[Rotation]:
    with ThreadPoolExecutor(16) as pool:
        made = Rotation(server, secrets, managed, Writers(served, bearer), pool)
        yield made
        made.writers.stop()


@pytest.mark.parametrize(
    ("served", "rotate"),
    [(way, way) for way in (Rotation.in_a_file, Rotation.secret_first, Rotation.server_first)],
    indirect=["served"],
)
def test_a_new_password_is_picked_up_while_people_write(served: AppServer, rotation: Rotation, rotate: Any) -> None:
    rotation.grow()
    workers = served.workers()
    rotate(rotation)
    rotation.grow()
    rotation.writers.stop()
    rotation.pool.shutdown()
    assert rotation.writers.statuses == {201}
    assert rotation.writers.stored() == sorted(rotation.writers.acknowledged.items())
    assert served.workers() == workers


@pytest.mark.usefixtures("upgraded")
def test_a_process_that_starts_between_the_two_steps_connects(connected: MakeApp, managed: Managed) -> None:
    managed.put()
    with connected("app", DATABASE_SECRET=managed.arn).app_context():
        db.read(text("SELECT 1")).all()


class Counted:
    """A secret that counts how often it is read."""

    def __init__(self, password: str) -> None:
        self.password, self.times = password, 0

    def __call__(self) -> Credentials:
        self.times += 1
        time.sleep(0.05)  # as long as it takes for all threads to ask
        return Credentials("app", self.password)


def open_by(secret: Secret, server: Server) -> Callable[[int], None]:
    url = make_url(server.url)

    def open_one(_: int) -> None:
        secret.connect(
            lambda known: pymysql.connect(
                host=url.host or "", port=url.port or 0, user=known.username, password=known.password
            )
        ).close()

    return open_one


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test be so slow that the secret may be read again."""
    monkeypatch.setattr(credentials, "SECONDS_BETWEEN_READS", 600)


@pytest.mark.usefixtures("upgraded", "slowly")
def test_however_many_threads_are_refused_the_secret_is_read_once(server: Server) -> None:
    counted = Counted(FIRST)
    secret = Secret([counted])
    secret._accepted = Credentials("app", "yesterday's")
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(open_by(secret, server), range(20)))
    assert counted.times == 1


@pytest.mark.usefixtures("upgraded", "slowly")
def test_a_password_that_stays_wrong_is_not_asked_for_all_the_time(server: Server) -> None:
    counted = Counted("wrong")
    open_one = open_by(Secret([counted]), server)
    for _ in range(20):
        with pytest.raises(pymysql.err.OperationalError, match="1045"):
            open_one(0)
    assert counted.times == 1


@pytest.mark.usefixtures("upgraded")
def test_a_server_that_is_gone_is_no_reason_to_read_the_secret_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counted(FIRST)
    secret = Secret([counted])
    open_by(secret, server)(0)
    monkeypatch.setattr(credentials, "SECONDS_BETWEEN_READS", 0)
    with pytest.raises(pymysql.err.OperationalError, match="2003"):
        open_by(secret, Server("mysql+pymysql://root@127.0.0.1:1"))(0)
    assert counted.times == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "canary",
        "[]",
        '"canary"',
        '{"username": "app"}',
        '{"username": "", "password": "canary"}',
        '{"password": 1}',
    ],
)
def test_what_is_no_secret_is_told_without_its_text(text: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        credentials.parse(text)
    assert str(refusal.value) == 'The secret of the database is not JSON with a "username" and a "password".'
    assert "canary" not in repr(Credentials("app", "canary"))


def test_a_secret_that_cannot_be_read_makes_the_database_unavailable_until_it_can(
    connected: MakeApp, upgraded: None, secrets: Secrets
) -> None:
    app = connected("app")
    (secrets.folder / "app").unlink()
    with app.app_context():
        for _ in range(2):
            with pytest.raises(Unavailable):
                db.read(text("SELECT 1")).all()
        secrets.write("app", "app", FIRST)
        time.sleep(credentials.SECONDS_BETWEEN_READS)
        db.read(text("SELECT 1")).all()


@pytest.mark.usefixtures("manager")
def test_a_secret_that_does_not_exist_is_told(connected: MakeApp) -> None:
    missing = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:missing-AbCdEf"
    with connected("app", DATABASE_SECRET=missing).app_context(), pytest.raises(Unavailable) as refusal:
        db.read(text("SELECT 1")).all()
    assert "The secret of the database does not exist." in str(refusal.value.__cause__)

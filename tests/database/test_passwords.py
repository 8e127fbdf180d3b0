"""A password may be of any script: it lets the app in, from a secret or an address, or is refused before it is set."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import Result
from sqlalchemy import text
from sqlalchemy.engine import make_url

from app import create_app, db
from app.db import credentials
from app.db.credentials import Unreadable
from app.db.metadata import sqlalchemy
from app.notes import adoption
from devtools import databases

from .conftest import MakeApp, Secrets, Server

pytestmark = pytest.mark.server
PASSWORDS = ["Grüße", "пароль", "密碼🙂", "a\N{COMBINING DIAERESIS}", " it's \\ the % \" ` "]


def address(server: Server, password: str) -> str:
    """Return the database's address with the app's user."""
    return make_url(server.url).set(username="app", password=password).render_as_string(hide_password=False)


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_password_of_any_script_connects_the_app(
    connected: MakeApp, make_users: Callable[..., Result], secrets: Secrets, server: Server, password: str
) -> None:
    secrets.write("app", "app", password)
    assert make_users().exit_code == 0
    for app in (connected("app"), create_app(databases.settings(address(server, password)))):
        with app.app_context():
            db.read(text("SELECT 1")).all()
            db.release()
            sqlalchemy.engine.dispose()


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_password_of_any_script_connects_the_import(
    make_users: Callable[..., Result], secrets: Secrets, server: Server, password: str
) -> None:
    secrets.write("app", "app", password)
    assert make_users().exit_code == 0
    server.run("USE notes", "CREATE TABLE entry (id INT, title TEXT, description TEXT, status BOOL)")
    with adoption.open_database(address(server, password)) as old:
        assert old.connection.execute(text("SELECT COUNT(*) FROM entry")).scalar_one() == 0


@pytest.mark.parametrize("password", ["can\0ary", "\ud800canary", "canary\udfff"])
def test_a_password_that_mysql_cannot_take_is_refused_before_it_is_set(
    make_users: Callable[..., Result], secrets: Secrets, server: Server, password: str
) -> None:
    secrets.write("app", "app", password)
    sentence = "The secret of the database holds a character that MySQL cannot take."
    assert make_users().output == f"Error: DATABASE_APP_SECRET: {sentence}\n"
    assert server.run("SELECT user FROM mysql.user WHERE user = 'app'") == []


def test_a_secret_in_another_encoding_is_refused_in_one_sentence(secrets: Secrets) -> None:
    secret = json.dumps({"username": "app", "password": "é"}, ensure_ascii=False)
    (secrets.folder / "app").write_bytes(secret.encode("latin-1"))
    with pytest.raises(Unreadable, match="is not JSON"):
        credentials.of(str(secrets.folder / "app")).current()

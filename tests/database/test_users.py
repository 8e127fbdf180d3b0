"""`flask database users`: the app may work with rows and do nothing else, the migrations may change the tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pymysql
import pytest
from click.testing import Result
from sqlalchemy.engine import make_url

from app import create_app
from devtools import databases, people
from devtools.api_client import ApiClient
from devtools.people import create_token

from .conftest import ADMINISTRATOR, MakeApp, Secrets, Server, Verified

pytestmark = pytest.mark.server
Users = Callable[..., Result]
COMMAND = ["database", "users"]


def opened(server: Server, password: str, **options: Any) -> pymysql.Connection:
    """A connection of the app's user."""
    url = make_url(server.url)
    host, port = url.host or "", url.port or 0
    return pymysql.connect(host=host, port=port, user="app", password=password, database="notes", **options)


def run_as_app(server: Server, statement: str, password: str = "the first of the app's", **options: Any) -> None:
    with opened(server, password, **options) as connection:
        connection.cursor().execute(statement)


NOT_THE_APPS = [
    "CREATE TABLE more (id INT)",
    "CREATE TEMPORARY TABLE passing (id INT)",
    "ALTER TABLE note ADD more INT",
    "CREATE INDEX more ON note (title)",
    "CREATE VIEW seen AS SELECT 1",
    "CREATE TRIGGER more BEFORE INSERT ON note FOR EACH ROW SET @a = 1",
    "CREATE PROCEDURE more() SELECT 1",
    "LOCK TABLES entry WRITE",
    "TRUNCATE TABLE entry",
    "DROP TABLE entry",
    "GRANT SELECT ON notes.* TO app@'%'",
    "SELECT * FROM mysql.user",
    "SELECT body FROM note INTO OUTFILE '{folder}/more'",
    "SET GLOBAL read_only = 0",
    "CREATE DATABASE more",
    "DROP DATABASE more",
]
# 1419: MySQL asks for more than TRIGGER where the binary log is on.
DENIED = {1044, 1045, 1142, 1227, 1370, 1419}


def is_refused(server: Server, statement: str) -> bool:
    try:
        run_as_app(server, statement)
    except pymysql.MySQLError as error:
        return error.args[0] in DENIED
    return False


@pytest.mark.usefixtures("upgraded")
def test_the_app_is_refused_what_is_not_its_work(server: Server, tmp_path: Path) -> None:
    statements = [statement.format(folder=tmp_path) for statement in NOT_THE_APPS]
    assert [statement for statement in statements if not is_refused(server, statement)] == []
    for statement in statements:  # none of them was refused for another reason
        server.run("USE notes", statement)


@pytest.mark.usefixtures("upgraded")
def test_the_app_works_with_what_it_may(connected: MakeApp) -> None:
    app = connected("app")
    api = ApiClient(app.test_client(), create_token(app, people.create_accounts(app)["alice"].id))
    made = api.create_note("the first", body="a rare word", tags=["home"])
    assert api.titles("/notes?q=rare") == ["the first"]
    saved = api("PATCH", f"/notes/{made['id']}", json={"title": "the second"}, if_match=made["version"])
    assert saved.status_code == 200
    assert api("DELETE", f"/notes/{made['id']}", if_match=saved.get_json()["version"]).status_code == 204


@pytest.mark.usefixtures("upgraded")
def test_the_migrations_can_be_taken_back_and_made_again(connected: MakeApp) -> None:
    runner = connected("migrate").test_cli_runner()
    for command in (["downgrade", "base"], ["upgrade"]):
        result = runner.invoke(args=["db", *command, "-d", str(databases.MIGRATIONS)])
        assert result.exit_code == 0, result.output


def test_made_twice_and_with_new_passwords_they_are_as_made_once(
    make_users: Users, secrets: Secrets, server: Server
) -> None:
    assert make_users().exit_code == make_users().exit_code == 0
    before = server.run("SHOW GRANTS FOR app@'%'")[1]
    secrets.write("app", "app", "it's \\ the % second, \" `")
    assert make_users().exit_code == 0
    assert server.run("SHOW GRANTS FOR app@'%'")[1] == before
    run_as_app(server, "SELECT 1", "it's \\ the % second, \" `")
    with pytest.raises(pymysql.err.OperationalError, match="1045"):
        run_as_app(server, "SELECT 1")


@pytest.mark.usefixtures("upgraded")
def test_who_is_connected_is_not_disturbed(server: Server, make_users: Users, secrets: Secrets) -> None:
    with opened(server, "the first of the app's") as connection:
        secrets.write("app", "app", "another")
        assert make_users().exit_code == 0
        assert connection.cursor().execute("SELECT COUNT(*) FROM note") == 1


def test_what_a_user_may_do_beside_is_reported(make_users: Users, server: Server) -> None:
    server.run("CREATE USER app@'%' IDENTIFIED BY 'old'", "GRANT FILE ON *.* TO app@'%'")
    result = make_users()
    assert result.exit_code == 1
    assert "app may do more than it should: GRANT FILE ON *.*. Revoke that first." in result.output
    assert "PASSWORD" not in result.output


@pytest.mark.parametrize(("user", "name"), [("app", "migrate"), ("app", "administrator"), ("migrate", "administrator")])
def test_three_users_are_three(make_users: Users, secrets: Secrets, user: str, name: str) -> None:
    secrets.write(user, name, "the same name")
    result = make_users()
    assert result.exit_code == 1
    assert "must be three different users" in result.output


def test_a_refusal_is_told_without_a_password(make_users: Users, secrets: Secrets) -> None:
    secrets.write("administrator", "administrator", "canary one")
    assert make_users().output == "Error: The server refused it; error 1045 of MySQL.\n"
    secrets.write("administrator", **ADMINISTRATOR)
    secrets.write("app", "app" * 60, "canary two")
    result = make_users()
    assert result.exit_code == 1
    assert "canary" not in result.output


def test_a_missing_secret_is_named(connected: MakeApp) -> None:
    result = connected("administrator").test_cli_runner().invoke(args=COMMAND)
    assert result.output == "Error: Set DATABASE_APP_SECRET: the ARN or the file of the secret.\n"


def test_users_of_a_server_that_is_verified_must_speak_tls(
    verified: Verified, secrets: Secrets, tmp_path: Path
) -> None:
    server, bundle = verified.server, verified.bundle
    places = {f"DATABASE_{user.upper()}_SECRET": str(tmp_path / user) for user in ("app", "migrate")}
    app = create_app(databases.settings(f"{server.root}/notes", DATABASE_CA=bundle, **places))
    assert "app: SELECT, INSERT, UPDATE, DELETE, REQUIRE SSL." in app.test_cli_runner().invoke(args=COMMAND).output
    run_as_app(server, "SELECT 1", ssl_ca=bundle, ssl_verify_identity=True)
    with pytest.raises(pymysql.err.OperationalError, match="1045"):
        run_as_app(server, "SELECT 1", ssl_disabled=True)

"""`flask database users`: the app's and the migrations' users of the MySQL server, made by its administrator."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import exc

from app.commands import Command
from app.db import credentials
from app.db.causes import error_number
from app.db.credentials import Credentials, Unreadable
from app.db.metadata import sqlalchemy
from app.db.request_connection import connection
from app.errors import Unavailable

# As SHOW GRANTS writes them, and in its order.
APP = "SELECT, INSERT, UPDATE, DELETE"
MIGRATE = f"{APP}, CREATE, DROP, REFERENCES, INDEX, ALTER"
MIGRATE_SERVER = "PROCESS"  # sees whose open transaction a migration waits for


@click.command("users", cls=Command)
@with_appcontext
def users() -> None:
    """Make or update the users in DATABASE_APP_SECRET and DATABASE_MIGRATE_SECRET, as the one in DATABASE_SECRET."""
    if sqlalchemy.engine.dialect.name == "sqlite":
        raise click.ClickException("SQLite has no users.")
    app, migrate = _wanted("DATABASE_APP_SECRET"), _wanted("DATABASE_MIGRATE_SECRET")
    with _refusals():
        administrator = connection().exec_driver_sql("SELECT CURRENT_USER()").scalar_one().rpartition("@")[0]
        if len({administrator, app.username, migrate.username}) < 3:
            raise click.ClickException("The administrator, the app and the migrations must be three different users.")
        _let(app, APP)
        _let(migrate, MIGRATE, MIGRATE_SERVER)


def _wanted(name: str) -> Credentials:
    place = current_app.config[name]
    if not place:
        raise click.ClickException(f"Set {name}: the ARN or the file of the secret.")
    try:
        return credentials.of(place).current()
    except Unreadable as error:
        raise click.ClickException(f"{name}: {error}") from None


def _let(wanted: Credentials, privileges: str, of_server: str = "USAGE") -> None:
    """Give the user this password and these privileges, of the schema and of the server.

    Refuses to leave it others that it had before.
    """
    run = connection().exec_driver_sql
    named = {"name": wanted.username, "password": wanted.password}
    # Where we can verify the server, the server need not take a password in the clear from anybody.
    transport = "SSL" if "ssl" in current_app.config["SQLALCHEMY_ENGINE_OPTIONS"]["connect_args"] else "NONE"
    run(f"CREATE USER IF NOT EXISTS %(name)s@'%%' IDENTIFIED BY %(password)s REQUIRE {transport}", named)
    run(f"ALTER USER %(name)s@'%%' IDENTIFIED BY %(password)s REQUIRE {transport}", named)
    granted = (f"GRANT {privileges} ON {_schema()}.* TO ", f"GRANT {of_server} ON *.* TO ")
    for grant in granted:
        run(f"{grant} %(name)s@'%%'", named)
    # A line on *.* may hold the hash of the password, so only what stands before the user's name is shown.
    held = [line for (line,) in run("SHOW GRANTS FOR %(name)s@'%%'", named)]
    if surplus := [line for line in held if not line.startswith(granted) or line.endswith("GRANT OPTION")]:
        named_surplus = "; ".join(line.partition(" TO ")[0] for line in surplus)
        raise click.ClickException(f"{wanted.username} may do more than it should: {named_surplus}. Revoke that first.")
    more = "" if of_server == "USAGE" else f", {of_server}"
    click.echo(f"{wanted.username}: {privileges}{more}, REQUIRE {transport}.")


def _schema() -> str:
    name = sqlalchemy.engine.url.database or ""
    if not re.fullmatch(r"\w+", name, re.ASCII):
        raise click.ClickException(
            "DATABASE_URL must end with the database's name, of letters, digits and underscores."
        )
    # In a GRANT the underscore is a wildcard.
    return "`" + name.replace("_", r"\_") + "`"


@contextmanager
def _refusals() -> Iterator[None]:
    """Tell errors by their number: their text may repeat a statement, and with it a password."""
    try:
        yield
    except (exc.DBAPIError, Unavailable) as error:
        cause = error.__cause__ if isinstance(error, Unavailable) else error
        number = error_number(cause) if isinstance(cause, exc.DBAPIError) else None
        if isinstance(cause, exc.DBAPIError) and isinstance(cause.orig, Unreadable):
            raise click.ClickException(f"DATABASE_SECRET: {cause.orig}") from None
        raise click.ClickException(f"The server refused it; error {number} of MySQL.") from None

"""`flask database sessions`: what the app's connections are doing at a MySQL server, and how to end one.

A user of MySQL may see and end its own connections without any privilege, and all app servers share one user.
"""

from __future__ import annotations

import click
from flask.cli import with_appcontext
from sqlalchemy import exc, text

from app.commands import Command
from app.db.causes import error_number
from app.db.diagnosis import explain
from app.db.metadata import sqlalchemy
from app.db.request_connection import connection
from app.errors import Unavailable

NO_SUCH_THREAD, NOT_YOURS = 1094, 1095  # MySQL's numbers

_OWN = text("""
SELECT id, host, time, command, COALESCE(state, ''), COALESCE(LEFT(info, 60), '') FROM information_schema.processlist
WHERE user = SUBSTRING_INDEX(CURRENT_USER(), '@', 1) AND db = DATABASE() AND id <> CONNECTION_ID()
ORDER BY time DESC, id
""")


@click.command("sessions", cls=Command)
@click.option("--end", "ended", type=click.IntRange(min=1), metavar="ID", help="End this connection: it rolls back.")
@with_appcontext
def sessions(ended: int | None) -> None:
    """List the connections of this user: since when they do what they do; statements without their values."""
    if sqlalchemy.engine.dialect.name == "sqlite":
        raise click.ClickException("SQLite has no connections to a server.")
    try:
        if ended:
            connection().exec_driver_sql(f"KILL {ended}")
            click.echo(f"{ended} is ended; what it had not committed is rolled back.")
            return
        found = connection().execute(_OWN).all()
    except (exc.DBAPIError, Unavailable) as error:
        cause = error.__cause__ if isinstance(error, Unavailable) else error
        if isinstance(cause, exc.DBAPIError) and error_number(cause) in {NO_SUCH_THREAD, NOT_YOURS}:
            raise click.ClickException(f"This user has no connection {ended}.") from None
        raise click.ClickException(explain(cause or error)) from None
    click.echo("ID  FROM  SECONDS  DOES")
    for number, host, seconds, command, state, statement in found:
        click.echo(f"{number}  {host}  {seconds}  {' '.join(filter(None, (command, state, _shape(statement))))}")


def _shape(statement: str) -> str:
    """Return the first words of a statement, which hold no value: the app's values come after its columns."""
    return " ".join(statement.split()[:3])

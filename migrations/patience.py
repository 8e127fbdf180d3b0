"""Migrations beside a serving app: short waits for locks, more than one try, and a line for each step.

On MySQL every request of a table queues behind a migration that waits for it, so a migration must not wait longer than
a request may. Each makes only what is missing (steps.py), so all of them may simply be run again.
"""

from __future__ import annotations

import time
from typing import Any

import click
from alembic.runtime.environment import EnvironmentContext
from sqlalchemy import Connection, exc, text

from app.db.causes import error_number
from app.db.request_connection import LOCK_WAIT_TIMEOUT

SECONDS_FOR_A_LOCK = 1  # the app waits twice as long (SECONDS_FOR_TABLES in app/db/engine.py): no request fails
SECONDS_BETWEEN = 5
TRIES = 12

_BLOCKING = text("""
SELECT process.id, process.user, process.host, TIMESTAMPDIFF(SECOND, open.trx_started, NOW())
FROM information_schema.innodb_trx AS open
JOIN information_schema.processlist AS process ON process.id = open.trx_mysql_thread_id
WHERE process.id <> CONNECTION_ID() AND process.db = DATABASE() ORDER BY open.trx_started LIMIT 3
""")


class Steps:
    """Prints each step of an upgrade or a downgrade when it is done, and how long it took."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def done(self, step: Any, **_: Any) -> None:
        """Alembic's `on_version_apply`."""
        now = time.monotonic()
        undone = "" if step.is_upgrade else " (undone)"
        click.echo(f"{step.up_revision_id} {step.up_revision.doc.rstrip('.')}{undone}: {now - self._began:.1f} s")
        self._began = now


def run_migrations(context: EnvironmentContext, connection: Connection) -> None:
    """Run what is missing, again while a lock is held by others. Raises OperationalError after the last try."""
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(
            f"SET SESSION lock_wait_timeout = {SECONDS_FOR_A_LOCK}, innodb_lock_wait_timeout = {SECONDS_FOR_A_LOCK}"
        )
    for attempt in range(1, TRIES + 1):
        try:
            context.run_migrations()
        except exc.OperationalError as error:
            if error_number(error) != LOCK_WAIT_TIMEOUT or attempt == TRIES:
                raise
            click.echo(f"A table is locked by {_blocking(connection)}; try {attempt} of {TRIES}.")
            time.sleep(SECONDS_BETWEEN)
        else:
            return


def _blocking(connection: Connection) -> str:
    """Return which connections have open transactions, the oldest first."""
    try:
        found = connection.execute(_BLOCKING).all()
    except exc.DBAPIError:  # 1227: the user may see its own connections only
        return "a connection that this user may not see (it needs PROCESS)"
    known = ", ".join(
        f"connection {number} ({user}@{host}, in a transaction for {age} s)" for number, user, host, age in found
    )
    return known or "a connection without a transaction: a backup, or LOCK TABLES"

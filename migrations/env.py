"""Runs the migrations on the application's database; two processes that do so at once take turns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from alembic import context
from alembic.util import CommandError
from flask import current_app
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

# The tables of every feature, whichever of them this process would serve.
from app.accounts import models as _accounts  # noqa: F401
from app.db.diagnosis import explain, foreign_tables, newer_revision
from app.db.engine import create_beside_pool
from app.db.metadata import metadata, sqlalchemy
from app.entries import sql as _entries  # noqa: F401
from app.jobs import models as _jobs  # noqa: F401
from app.notes import indexing
from app.notes import models as _notes  # noqa: F401
from migrations import patience

LOCK = "notes_schema"
LOCK_SECONDS = 300


def belongs_to_the_models(thing: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    # The full-text index is no model: FTS5 keeps it in tables of its own, MySQL in a FULLTEXT index.
    return not (kind == "table" and name is not None and name.startswith("note_search"))


def refuse_empty_revision(_context: Any, _revision: Any, directives: list[Any]) -> None:
    if getattr(context.config.cmd_opts, "autogenerate", False) and directives[0].upgrade_ops.is_empty():
        directives[:] = []
        print("The models and the migrations agree; there is nothing to write.")


@contextmanager
def one_at_a_time(connection: Connection) -> Iterator[None]:
    """Hold the lock of the schema. On SQLite the whole upgrade is one transaction, and its write lock is the lock."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA busy_timeout = 300000")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise
        connection.exec_driver_sql("COMMIT")
        return
    if connection.scalar(text("SELECT GET_LOCK(:lock, :seconds)"), {"lock": LOCK, "seconds": LOCK_SECONDS}) != 1:
        raise RuntimeError(f"Another process has been changing the schema for {LOCK_SECONDS} seconds.")
    try:
        yield
    finally:
        connection.execute(text("SELECT RELEASE_LOCK(:lock)"), {"lock": LOCK})


def patient_engine() -> Engine:
    """Return the application's engine without its time-outs: an index on a grown table takes minutes."""
    settings = current_app.config["SQLALCHEMY_ENGINE_OPTIONS"]["connect_args"]
    patient = {name: value for name, value in settings.items() if name not in {"read_timeout", "write_timeout"}}
    return create_beside_pool(patient)


def run() -> None:
    """Run the migrations. What keeps them from running is said in one sentence."""
    try:
        with patient_engine().connect() as connection, one_at_a_time(connection):
            if not is_newer_schema(connection):
                refuse_foreign_database(connection)
                run_migrations(connection)
    except DBAPIError as error:
        raise click.ClickException(explain(error)) from None


def wanted_revision() -> Any:
    """Return where an upgrade or downgrade leads to, None for other commands of `flask db`."""
    try:
        return context.get_revision_argument()
    except (KeyError, CommandError):
        return None


def is_newer_schema(connection: Connection) -> bool:
    """Tell whether the schema was made by a later version: this one, gone back to, works with it as it is.

    Raises ClickException when something else is wanted of it than the newest schema.
    """
    newest = context.get_head_revision()
    found = newer_revision(connection, str(newest))
    if not found:
        return False
    said = f"The schema is {found}, of a later version; this one knows {newest} and works with it"
    if wanted_revision() != newest:
        raise click.ClickException(f"{said}, but only the later one can change it.")
    click.echo(f"{said}. Nothing was changed.")
    return True


def refuse_foreign_database(connection: Connection) -> None:
    known = {script.revision for script in context.script.walk_revisions()}
    if sentence := foreign_tables(connection, known):
        raise click.ClickException(sentence)


def run_migrations(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_object=belongs_to_the_models,
        process_revision_directives=refuse_empty_revision,
        compare_type=True,
        render_as_batch=connection.dialect.name == "sqlite",
        on_version_apply=patience.Steps().done,
    )
    patience.run_migrations(context, connection)
    if sentence := indexing.describe_pending(connection):
        print(sentence)


if context.is_offline_mode():
    context.configure(url=str(sqlalchemy.engine.url), target_metadata=metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    run()

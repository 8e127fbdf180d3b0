"""`flask database`: users and connections of a MySQL server, backups of a SQLite file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from alembic.script import ScriptDirectory
from flask import current_app

from app.commands import CommandGroup, printable
from app.db import backup, sessions, users
from app.db.metadata import migrate, sqlalchemy

group = CommandGroup("database", help="The database: its users and connections on MySQL, its backups on SQLite.")
group.add_command(users.users)
group.add_command(sessions.sessions)


@group.command("backup")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--keep", type=click.IntRange(min=1), metavar="N", help="Remove all backups in FOLDER but the newest N.")
def create(folder: Path, keep: int | None) -> None:
    """Copy the SQLite database into a new folder in FOLDER, while it serves, and read the copy back. Files go along."""
    with _refusals():
        made = backup.create(_file(), folder, keep, backup.companions.get())
        manifest = backup.read_back(made)
    click.echo(f"{printable(made)}: {manifest.size:,} bytes, read back. All that was saved before it began is in it.")


@group.command("restore")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
def restore(folder: Path) -> None:
    """Put the backup FOLDER in the place of the SQLite database; an old database is kept beside it."""
    database = _file()
    with _refusals():
        manifest = backup.read_back(folder)
        scripts = ScriptDirectory.from_config(migrate.get_config())
        if manifest.revision and manifest.revision not in {script.revision for script in scripts.walk_revisions()}:
            raise click.ClickException(
                f"{printable(folder)} was made by version {manifest.version}, whose tables this version does not know."
            )
        lost = [sentence for companion in backup.companions.get() if (sentence := companion.bring_back(folder))]
        kept = backup.restore(folder, database)
    click.echo(f"{database} is as it was at {manifest.created}." + (f" The one before is {kept}." if kept else ""))
    if manifest.revision != scripts.get_current_head():
        click.echo("Its tables are of an older version: run `flask db upgrade` before you start the server.")
    if lost:
        raise click.ClickException(printable(" ".join(lost)))


def _file() -> Path:
    url = sqlalchemy.engine.url
    if url.get_backend_name() != "sqlite":
        raise click.ClickException("This command is for SQLite; for MySQL see docs/backup.md.")
    return Path(current_app.config["SQLALCHEMY_DATABASE_URI"].database)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except backup.BackupError as error:
        raise click.ClickException(printable(error)) from None

"""`flask notes`: notes in from files and from the original application's database, and out as files."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from flask import current_app
from sqlalchemy import select

from app import clock, db
from app.accounts import emails
from app.accounts.models import account
from app.commands import CommandGroup, printable
from app.db.backup import BackupError
from app.notes import adoption, forgetting, indexing, recovering, service, trail
from app.notes.transfer import exporting, importing
from app.notes.transfer.encodings import check_encoding
from app.notes.transfer.markdown_file import Remark, Unusable
from app.notes.transfer.sources import Unreadable, open_source

EXAMPLES = 3  # of files for which the report has the same sentence
SECONDS_BETWEEN_LINES = 10  # of progress in a log, where a bar cannot be drawn

group = CommandGroup("notes", help="Notes in and out.")
owner_option = click.option("--owner", "email", required=True, metavar="EMAIL", help="Whose notes they are.")


def _checked_encoding(_context: click.Context, _option: click.Parameter, name: str | None) -> str | None:
    try:
        return check_encoding(name) if name else None
    except (LookupError, ValueError):
        raise click.BadParameter(f"There is no encoding {printable(name)}.") from None


@group.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@owner_option
@click.option("--encoding", callback=_checked_encoding, help="Of texts and names that are not UTF-8, such as gb18030.")
@click.option("--full", is_flag=True, help="List every file that was adapted, skipped or refused.")
def import_(path: Path, email: str, encoding: str | None, full: bool) -> None:
    """Add a folder, ZIP file or file of Markdown or text with its files, or an export. Doing so again adds nothing."""
    with _refusals():
        owner = _owner(email)
        with open_source(path, encoding) as source:
            files = list(source.files())
            with _progress("Importing", len(files)) as bar:
                report = importing.import_files(owner, source, files, bar.update, encoding)
    if report.tags:
        click.echo(f"Folders became tags: {_few(sorted(report.tags))}.", err=True)
    _list("remark", report.remarks, full)
    _list("skipped", report.skipped, full)
    _list("refused", report.refused, full)
    click.echo(
        f"{_number(report.added, 'note')} imported, {report.known:,} here already,"
        f" {_number(len(report.skipped), 'file')} skipped, {len(report.refused):,} refused."
        + (f" {_number(report.files, 'file')} came with them." if report.files else "")
    )
    if not report.added and not report.known:
        raise click.ClickException(
            f"Nothing was imported: {printable(path)} holds no Markdown or text that could be read."
        )
    if report.refused:
        raise click.exceptions.Exit(1)


@group.command("export")
@click.argument("path", type=click.Path(path_type=Path))
@owner_option
@click.option("--force", is_flag=True, help="Replace an older export.")
def export(path: Path, email: str, force: bool) -> None:
    """Write all notes as Markdown, and all files, into a folder, or into a ZIP file if PATH ends in .zip."""
    with _refusals():
        owner = _owner(email)
        with (
            db.reader(),
            exporting.open_target(path.absolute(), force) as target,
            _progress("Exporting", exporting.count(owner)) as bar,
        ):
            exported = exporting.finish(exporting.export(owner, target, bar.update))
    for lost in exported.lost:
        click.echo(f"lost: {printable(lost)}: its content is missing or damaged; look for it in a backup.", err=True)
    with_files = f" and {_number(exported.files, 'file')}" if exported.files else ""
    click.echo(f"{_number(exported.notes, 'note')}{with_files} exported to {printable(path)}.")
    if exported.lost:
        raise click.exceptions.Exit(1)


@group.command("adopt")
@click.argument("old_database_url")
@owner_option
def adopt(old_database_url: str, email: str) -> None:
    """Add the entries of the original application's database, which is only read; doing so again creates no duplicates.

    The password can be in OLD_DATABASE_PASSWORD instead of the address, where everybody on the machine can see it.
    """
    with _refusals():
        owner = _owner(email)
        with (
            adoption.open_database(old_database_url, current_app.config["OLD_DATABASE_PASSWORD"]) as old,
            _progress("Adopting", old.rows) as bar,
        ):
            report = adoption.adopt(owner, old, bar.update)
    changed = Remark("Its status there changed since it was adopted.")
    _list("refused", [(f"entry {row_id}", changed) for row_id in report.changed], full=True)
    click.echo(f"{_number(report.added, 'note')} adopted, {report.known} here already, {len(report.changed)} refused.")
    if report.changed:
        raise click.exceptions.Exit(1)


@group.command("purge")
def purge() -> None:
    """Delete for good what has been in anybody's trash for thirty days; `flask jobs run` does so once a day."""
    click.echo(f"{_number(service.purge_everybodys_trash(), 'note')} deleted for good.")


@group.command("trail")
@owner_option
@click.option("--note", "note_id", type=int, metavar="ID", help="Only what was done with this note.")
def show_trail(email: str, note_id: int | None) -> None:
    """Print what was done with the notes of an account in the last ninety days, newest first: when, what, by whom."""
    owner = _owner(email)
    before: int | None = None
    while True:
        page = trail.page(owner, before, note_id)
        for act in page.acts:
            numbers = " ".join(str(step.note_id) for step in act.notes)
            source = f", from {act.client}" if act.client else ""
            when = f"{act.at:%Y-%m-%d %H:%M:%S} UTC"
            click.echo(f"{when}  {act.action}: {numbers}  ({printable(act.by)}{source}, request {act.request_id})")
        if (before := page.before) is None:
            return


@group.command("find")
@click.argument("words")
@owner_option
@click.option(
    "--backup", "folder", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Look in there."
)
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=200, show_default=True, help="How many are printed at most."
)
def find(words: str, email: str, folder: Path | None, limit: int) -> None:
    """Print which notes of an account hold WORDS: in the trash and the archive, in earlier versions, or in a backup."""
    with _refusals():
        owner = _owner(email)
        if folder:
            found = recovering.find_in_backup(folder, owner, words, limit + 1)
        else:
            found = recovering.find(owner, words, limit + 1)
    for one in found[:limit]:
        version = f", version {one.version}" if one.version is not None else ""
        click.echo(f"{one.note_id}  {one.place}{version}  {clock.rfc3339(one.changed_at)}  {printable(one.title)}")
    if len(found) > limit:
        click.echo(
            f"These are the newest {limit}, and there are more: name rarer words, or --limit {limit * 10}.", err=True
        )
    if not found:
        raise click.ClickException("No note holds that. `flask notes trail` has what was deleted for good.")


@group.command("restore")
@click.argument("note_id", type=int)
@owner_option
@click.option(
    "--version", type=int, help="With the text of this earlier version; the present one stays in the history."
)
@click.option(
    "--backup",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="From a backup of `flask database backup`, if the note is gone for good.",
)
def restore(note_id: int, email: str, version: int | None, folder: Path | None) -> None:
    """Put a note of an account back among the others: from the trash, or from a backup with its history and files."""
    if folder and version is not None:
        raise click.UsageError("Either --version or --backup.")
    lost: list[str] = []
    with _refusals():
        owner = _owner(email)
        if folder:
            back, returned = recovering.restore_from_backup(owner, note_id, folder)
            lost = returned.lost
        else:
            back = recovering.restore(owner, note_id, version)
    for one in lost:
        click.echo(f"lost: {printable(one)}", err=True)
    click.echo(f"{printable(back.heading)} is among the notes.")
    if lost:
        raise click.exceptions.Exit(1)


@group.command("forget")
def forget() -> None:
    """Take the words of deleted notes out of the search index. On MySQL nothing can be saved meanwhile.

    On SQLite the jobs do so: at once after an account was deleted, within a day after notes were.
    """
    forgetting.forget()
    click.echo("No word of a deleted note is left in the search index.")


@group.command("reindex")
@click.option("--all", "from_the_start", is_flag=True, help="Index every note again, whether or not it is due.")
def reindex(from_the_start: bool) -> None:
    """Build the search index anew where a release asks for it. People may go on, and so may this after an end."""
    if from_the_start:
        indexing.start()
    written_at = time.monotonic()
    with _progress("Indexing", indexing.count_remaining()) as bar:
        for number in indexing.rebuild():
            bar.update(number)
            if not sys.stderr.isatty() and time.monotonic() - written_at > SECONDS_BETWEEN_LINES:
                written_at = time.monotonic()
                click.echo(f"{bar.pos:,} of {_number(bar.length, 'note')} indexed.", err=True)
    click.echo("The search index is complete.")


def _owner(email: str) -> int:
    found: int | None = db.read(select(account.c.id).where(account.c.email == emails.tidy(email))).scalar()
    if found is None:
        raise click.ClickException(
            f"There is no account {printable(email)}; `flask accounts create {printable(email)}` makes it."
        )
    return found


@contextmanager
def _refusals() -> Iterator[None]:
    """Say what went wrong in one sentence, and end with status 1."""
    try:
        yield
    except (exporting.Refused, Unreadable, Unusable, adoption.CannotAdopt, BackupError) as error:
        raise click.ClickException(printable(error)) from None
    except OSError as error:
        raise click.ClickException(printable(f"{error.filename or 'A file'}: {error.strerror or error}.")) from None


def _progress(label: str, length: int) -> Any:
    return click.progressbar(length=length, label=label, file=sys.stderr, show_pos=True)


def _list(word: str, remarks: Sequence[tuple[str, Remark]], full: bool) -> None:
    """Print the remarks: each on a line, or by their sentences with how many there are and some examples."""
    if full:
        for name, remark in remarks:
            click.echo(f"{word}: {printable(name)}: {printable(_in_full(remark))}", err=True)
        return
    groups: dict[str, list[tuple[str, Remark]]] = {}
    for name, remark in remarks:
        groups.setdefault(remark.sentence, []).append((name, remark))
    for sentence, group in sorted(groups.items(), key=lambda item: -len(item[1])):
        click.echo(f"{word}: {len(group):,} × {printable(sentence)}", err=True)
        for name, remark in group[:EXAMPLES]:
            click.echo(f"    {printable(name)}" + (f" ({printable(remark.detail)})" if remark.detail else ""), err=True)
        if len(group) > EXAMPLES:
            click.echo(f"    and {len(group) - EXAMPLES:,} more; --full lists them", err=True)


def _in_full(remark: Remark) -> str:
    return f"{remark.sentence} ({remark.detail})" if remark.detail else remark.sentence


def _number(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")

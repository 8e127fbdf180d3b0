"""Finding notes that somebody misses, and bringing them back: from the trash, an earlier version, or a backup.

A backup is one of a SQLite database (app/db/backup.py), of which only the one account is read.
"""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, create_engine, exc, func, literal, or_, select, union_all

from app import clock, db
from app.accounts.models import account
from app.db import backup
from app.errors import Conflict, NotFound
from app.files import backups
from app.notes import service, trail
from app.notes.drafts import Draft
from app.notes.models import note, note_revision
from app.notes.service import Note
from app.notes.service.reading import to_draft, to_note
from app.notes.transfer.attachments import lead_back, lead_out
from app.notes.transfer.storing import IncomingNote, Outcome, store


@dataclass(frozen=True, slots=True)
class Find:
    """Where words were found: in the note as it is (`version` None), or in an earlier version."""

    note_id: int
    version: int | None
    place: str
    title: str
    changed_at: int


def find(owner: int, words: str, limit: int) -> list[Find]:
    """Return which notes of the owner hold the words, in whatever place, and which of their earlier versions do.

    The newest `limit` of them. Capitals and accents make no difference, on any database.
    """
    return _look(db.connection(), owner, words, limit)


def find_in_backup(folder: Path, owner: int, words: str, limit: int) -> list[Find]:
    """Do the same in a backup. Raises BackupError, NotFound."""
    with _backup_of(folder, owner) as opened:
        return _look(opened, owner, words, limit)


def _look(opened: Connection, owner: int, words: str, limit: int) -> list[Find]:
    is_sqlite = opened.dialect.name == "sqlite"
    if is_sqlite:  # whose LIKE knows the capitals of ASCII alone; elsewhere the collation has this rule
        opened.connection.driver_connection.create_function("plain", 1, _plain, deterministic=True)  # type: ignore[union-attr]  # sqlite3's

    def holds(table: Any) -> Any:
        texts = [func.plain(column) if is_sqlite else column for column in (table.c.title, table.c.body)]
        return or_(*(text.contains(_plain(words), autoescape=True) for text in texts))

    now = select(note.c.id, literal(None).label("version"), note.c.place, note.c.title, note.c.changed_at)
    older = (
        select(note_revision.c.note_id, note_revision.c.version, note.c.place, note_revision.c.title)
        .add_columns(note_revision.c.replaced_at)
        .join(note, (note.c.owner_id == note_revision.c.owner_id) & (note.c.id == note_revision.c.note_id))
        .where(note_revision.c.owner_id == owner, holds(note_revision))
    )
    both = union_all(now.where(note.c.owner_id == owner, holds(note)), older).subquery()
    newest = select(both).order_by(both.c.changed_at.desc(), both.c.id, both.c.version).limit(limit)
    with db.unavailable_when_lost():
        return [_find(row) for row in opened.execute(newest)]


def _plain(text: str) -> str:
    """Return the text without capitals and accents."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(sign))


def _find(row: Row[Any]) -> Find:
    return Find(row.id, row.version, row.place, row.title, row.changed_at)


def restore(owner: int, note_id: int, version: int | None = None) -> Note:
    """Put a note among the others, with the content of an earlier `version` if one is given. Raises NotFound."""
    if version is not None:
        service.restore(owner, note_id, version)
    return service.move(owner, note_id, "notes")


def restore_from_backup(owner: int, note_id: int, folder: Path) -> tuple[Note, backups.Returned]:
    """Bring back a note that is gone for good, with its earlier versions and files.

    Raises BackupError, NotFound, Conflict and Unavailable.
    """
    with _backup_of(folder, owner) as opened:
        row = opened.execute(select(note).where(note.c.owner_id == owner, note.c.id == note_id)).one_or_none()
        if row is None:
            raise NotFound("There is no such note in the backup.")
        of_note = note_revision.c.owner_id == owner, note_revision.c.note_id == note_id
        older = opened.execute(select(note_revision).where(*of_note).order_by(note_revision.c.version)).all()
        _refuse_if_here(to_note(row))
        returned = backups.bring_back_of_note(opened, folder, owner, note_id)
    found = replace(to_note(row), place="notes", draft=_lead_to(returned, to_draft(row)))
    history = [service.Revision(one.version, one.replaced_at, _lead_to(returned, to_draft(one))) for one in older]
    incoming = IncomingNote(found, f"note-{note_id}-{found.created_at}", as_it_was=True, history=history)
    with trail.acting("recovered"):
        [outcome] = store(owner, [incoming])
    if outcome is not Outcome.ADDED:
        raise Conflict("The note came back meanwhile. Nothing was changed.")
    return found, returned


def _refuse_if_here(found: Note) -> None:
    with suppress(NotFound):
        current = service.get(found.owner_id, found.id)
        if current.created_at == found.created_at:  # and not another note that happens to have this id
            raise Conflict(
                f"The note is here, in its place {current.place}; see its earlier versions. Nothing was changed."
            )


def _lead_to(returned: backups.Returned, draft: Draft) -> Draft:
    """Return what a note says with links to its files by the ids that these have now."""
    ids = {former: now.id for former, now in returned.files.items()}
    return replace(draft, body=lead_back(lead_out(draft.body), lambda former: ids.get(former, former)))


def _describe_other(opened: Connection, owner: int, person: Row[Any]) -> str:
    """Return why nothing of the backup is this account's."""
    there = opened.execute(select(account.c.id, account.c.created_at).where(account.c.email == person.email)).first()
    if there is None:
        return "This account is not in the backup. One that was made later is another, whatever its address."
    return (
        f"In the backup {person.email} is account {there.id}, made on {clock.to_date(there.created_at)}; here it is"
        f" account {owner}, made on {clock.to_date(person.created_at)}. They are two, perhaps of two people: this"
        " account is not in the backup, and nothing was changed. docs/backup.md says how to bring notes from one to the"
        " other."
    )


@contextmanager
def _backup_of(folder: Path, owner: int) -> Iterator[Connection]:
    """Yield a connection to the backup, which is only read, and in which the account is the same one.

    Not one with its address: that may have been somebody else's then.
    """
    person = db.read(select(account.c.email, account.c.created_at).where(account.c.id == owner)).one()
    backup.read_back(folder)
    address = f"{(folder / backup.DATABASE).absolute().as_uri()}?mode=ro&immutable=1"
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(address, uri=True))
    try:
        with engine.connect() as opened:
            same = select(account.c.id).where(account.c.id == owner, account.c.created_at == person.created_at)
            if opened.execute(same).scalar() is None:
                raise NotFound(_describe_other(opened, owner, person))
            yield opened
    except exc.OperationalError as error:
        raise backup.BackupError(f"{folder} is of another version of the product: {error.orig}.") from None
    finally:
        engine.dispose()

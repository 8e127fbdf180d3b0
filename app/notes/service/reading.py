"""Reading a note and its history. Every function takes the owner first and finds nothing of anybody else's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, bindparam, literal, select, union_all

from app import db
from app.errors import NotFound
from app.notes.drafts import Draft
from app.notes.models import DONE, note, note_revision
from app.notes.service.note import Note, Revision

HISTORY_AT_ONCE = 20  # revisions: at most 5 MiB of text

THE_NOTE = note.c.owner_id == bindparam("owner"), note.c.id == bindparam("id")
_NOTE = select(note).where(*THE_NOTE)
# Older contents in the shape of the note, so that one statement brings both; they are in no place.
_OF_A_REVISION = {"id": note_revision.c.note_id, "place": literal(""), "changed_at": note_revision.c.replaced_at}
_OLDER = select(
    *(
        _OF_A_REVISION.get(column.name, note_revision.c.get(column.name, literal(0))).label(column.name)
        for column in note.c
    )
).where(note_revision.c.owner_id == bindparam("owner"), note_revision.c.note_id == bindparam("id"))
NO_VERSION = "There is no such version of this note."


class _Row(NamedTuple):
    """What a note is made of, as the driver sends it."""

    owner_id: int
    id: int
    version: int
    place: str
    pinned: int
    created_at: int
    changed_at: int
    title: str
    body: str
    tags: str
    status: str
    due_on: Any  # a date; SQLite's driver sends a text


_GET = db.PreparedQuery(f"SELECT {', '.join(_Row._fields)} FROM note WHERE owner_id = :owner AND id = :id")


def get(owner: int, note_id: int) -> Note:
    """Return the owner's note. Raises NotFound."""
    rows = _GET.rows(owner=owner, id=note_id)
    if not rows:
        raise NotFound("There is no such note.")
    row = _Row._make(rows[0])
    return to_note(row._replace(due_on=date.fromisoformat(row.due_on)) if isinstance(row.due_on, str) else row)


def revisions(owner: int, note_id: int, before: int = 2**31, limit: int = 100) -> Sequence[Row[Any]]:
    """Return version, replaced_at and title of the newest revisions older than version `before`, newest first."""
    statement = (
        select(note_revision.c.version, note_revision.c.replaced_at, note_revision.c.title)
        .where(note_revision.c.owner_id == owner, note_revision.c.note_id == note_id, note_revision.c.version < before)
        .order_by(note_revision.c.version.desc())
        .limit(limit)
    )
    found: Sequence[Row[Any]] = db.read(statement).all()
    return found


def with_contents(owner: int, note_id: int, before: int, limit: int) -> tuple[Note, list[Revision]]:
    """Return the note and the newest of its older contents from before version `before`. Raises NotFound."""
    older = _OLDER.where(note_revision.c.version < before).order_by(note_revision.c.version.desc()).limit(limit)
    return _with(older, owner, note_id)


def with_revision(owner: int, note_id: int, version: int) -> tuple[Note, Revision]:
    """Return the note and what `revision` does. Raises NotFound."""
    of = _OLDER.where(note_revision.c.version >= version).order_by(note_revision.c.version).limit(1)
    now, older = _with(of, owner, note_id)
    if version < 1 or not older:
        raise NotFound(NO_VERSION)
    return now, older[0]


def _with(older: Select[Any], owner: int, note_id: int) -> tuple[Note, list[Revision]]:
    statement = union_all(_NOTE, select(older.subquery()))
    rows = db.read(statement, owner=owner, id=note_id).all()
    now = next((to_note(row) for row in rows if row.place), None)
    if now is None:
        raise NotFound("There is no such note.")
    found = [Revision(row.version, row.changed_at, to_draft(row)) for row in rows if not row.place]
    return now, sorted(found, key=lambda revision: revision.version, reverse=True)


def revision(owner: int, note_id: int, version: int) -> Revision:
    """Return the content that the note had at an older `version`. Raises NotFound.

    Not every change of version changes the content (pinning does not), so it is the first one kept since then.
    """
    statement = (
        select(note_revision)
        .where(
            note_revision.c.owner_id == owner,
            note_revision.c.note_id == note_id,
            note_revision.c.version >= version,
        )
        .order_by(note_revision.c.version)
        .limit(1)
    )
    row = db.read(statement).one_or_none()
    if row is None:
        raise NotFound(NO_VERSION)
    return Revision(row.version, row.replaced_at, to_draft(row))


def each(owner: int, at_once: int = 100) -> Iterator[tuple[Note, int | None]]:
    """Yield all notes of the owner by their ids, each with the moment that `add` calls touched_at, if it matters."""
    statement = select(note).where(note.c.owner_id == owner, note.c.id > bindparam("after"))
    after = 0
    while rows := db.read(statement.order_by(note.c.id).limit(at_once), after=after).all():
        for row in rows:
            yield to_note(row), _touched_at(row)
        after = rows[-1].id


def history(of: Note) -> Iterator[Revision]:
    """Yield all older contents of the note, oldest first."""
    statement = select(note_revision).where(
        note_revision.c.owner_id == of.owner_id,
        note_revision.c.note_id == of.id,
        note_revision.c.version > bindparam("after"),
        note_revision.c.version < of.version,  # what was replaced after `of` was read belongs to a later state
    )
    after = 0
    page = statement.order_by(note_revision.c.version).limit(HISTORY_AT_ONCE)
    while rows := db.read(page, after=after).all():
        for row in rows:
            yield Revision(row.version, row.replaced_at, to_draft(row))
        after = rows[-1].version


def _touched_at(row: Row[Any]) -> int | None:
    """Return what list_order or task_order was made from."""
    touched_at: int | None = None
    if row.place == "trash":
        touched_at = row.list_order
    elif row.status == "done":
        touched_at = 2 * DONE - row.task_order
    return touched_at


def to_note(row: Row[Any] | _Row) -> Note:
    return Note(
        row.owner_id, row.id, row.version, row.place, bool(row.pinned), row.created_at, row.changed_at, to_draft(row)
    )


def to_draft(row: Row[Any] | _Row) -> Draft:
    return Draft(row.title, row.body, tuple(row.tags.split()), row.status, row.due_on)


def content_at(current: Note, version: int) -> Draft:
    """Return the content that the note had at an older `version`, or has. Raises NotFound."""
    if not 1 <= version <= current.version:  # below 1 the first content would be found, and no database holds 2^64
        raise NotFound(NO_VERSION)
    try:
        return revision(current.owner_id, current.id, version).draft
    except NotFound:  # nothing but pinning and moving has happened since
        return current.draft

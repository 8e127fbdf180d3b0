"""The changes of a person's notes, numbered so that a program that follows them misses none; see docs/adr/0018.

Every write of a note gives it the owner's next number, in the transaction of the write. The owner's row is locked from
before the number is chosen until the transaction ends, so numbers appear in their order: who sees one of them sees all
below it. A note that is deleted for good leaves its number behind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, select, text

from app import db
from app.accounts.models import account
from app.errors import Invalid
from app.notes.list_rows import ROW, ListRow, list_rows
from app.notes.note_lists import BY_ID, Cursor

_LOCK_OWNER = select(account.c.id).where(account.c.id == bindparam("owner")).with_for_update()

_NEXT = (
    "INSERT INTO note_change (owner_id, note_id, number)"
    " SELECT :owner, :id, COALESCE(MAX(number), 0) + 1 FROM note_change WHERE owner_id = :owner"
)
_RECORD = {
    "sqlite": text(f"{_NEXT} ON CONFLICT (owner_id, note_id) DO UPDATE SET number = excluded.number"),
    "mysql": text(f"{_NEXT} ON DUPLICATE KEY UPDATE number = VALUES(number)"),
}
_NEWEST = db.PreparedQuery("SELECT COALESCE(MAX(number), 0) FROM note_change WHERE owner_id = :owner")
_SINCE = """
SELECT note_change.number, note_change.note_id, {row}, 0, 0
FROM note_change {hint} LEFT JOIN note ON note.owner_id = note_change.owner_id AND note.id = note_change.note_id
WHERE note_change.owner_id = :owner AND note_change.number > :after
ORDER BY note_change.number LIMIT :limit
"""
_CHANGES = db.PreparedQuery(
    _SINCE.format(row=ROW, hint=""), _SINCE.format(row=ROW, hint="FORCE INDEX (uq_note_change_number)")
)

POSITION = re.compile(r"([0-9]{1,18})(?:\.([0-9]{1,16}))?")


class Position(NamedTuple):
    """How far somebody has read: all changes up to `number`; before that, the notes by their ids up to `note_id`.

    Who begins reads the notes that there are, by their ids, and then what has changed since; `note_id` is None by then.
    """

    number: int
    note_id: int | None = None

    @classmethod
    def parse(cls, typed: str, name: str) -> Position:
        """Return the position that `str` of one wrote. Raises Invalid for the field `name`."""
        match = POSITION.fullmatch(typed)
        if not match:
            raise Invalid({name: "Send it as it was answered."})
        return cls(int(match[1]), int(match[2]) if match[2] else None)

    def __str__(self) -> str:
        return str(self.number) if self.note_id is None else f"{self.number}.{self.note_id}"


class Change(NamedTuple):
    """The newest state of a note; None when it was deleted for good."""

    note_id: int
    note: ListRow | None


class Page(NamedTuple):
    changes: Sequence[Change]
    position: Position
    is_last: bool


# --- Writing -----------------------------------------------------------------------------------------------------


def lock(owner: int) -> None:
    """Keep everybody else from changing the owner's notes until the transaction ends; to be done first in it."""
    if db.dialect() == "mysql":  # on SQLite the transaction itself is the lock
        db.read(_LOCK_OWNER, owner=owner)


def record(owner: int, note_ids: Sequence[int]) -> None:
    """Give the owner's next numbers to these notes, within a transaction that has called `lock`."""
    for note_id in note_ids:
        db.connection().execute(_RECORD[db.dialect()], {"owner": owner, "id": note_id})


# --- Reading -----------------------------------------------------------------------------------------------------


def since(owner: int, position: Position | None, size: int) -> Page:
    """Return what has changed since `position`, None for the beginning. Raises Invalid for one that is yet to come."""
    [(newest,)] = _NEWEST.rows(owner=owner)
    # Read before any note is, so that what changes from here on has a higher number.
    position = position or Position(newest, 0)
    if position.number > newest:
        raise Invalid({"changed_since": "There is no such position; begin without one."})
    return _changes(owner, position, size) if position.note_id is None else _notes(owner, position, size)


def _notes(owner: int, position: Position, size: int) -> Page:
    after = position.note_id or 0
    page = BY_ID.page(Cursor("older", after, after), size, owner=owner)
    changes = [Change(row.id, row) for row in page.rows]
    following = Position(position.number, page.rows[-1].id if page.older else None)
    return Page(changes, following, is_last=False)


def _changes(owner: int, position: Position, size: int) -> Page:
    rows = _CHANGES.rows(owner=owner, after=position.number, limit=size + 1)
    changes = [Change(note_id, list_rows([row])[0] if row[0] is not None else None) for _, note_id, *row in rows[:size]]
    number = rows[:size][-1][0] if rows else position.number
    return Page(changes, Position(number), is_last=len(rows) <= size)

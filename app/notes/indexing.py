"""Stores anew what is derived from notes, such as their words, beside a serving application: `flask notes reindex`.

A migration that comes with another form of the tokens leaves a row in search_rebuild. As long as it is there, searches
ask for words in the former form, too; each step takes some notes and moves the row's place on in the same transaction,
so the work can be ended at any time, goes on where it ended, and can be shared by several processes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, func, insert, inspect, or_, select, update

from app import clock, db
from app.notes.drafts import excerpt
from app.notes.models import note, search_rebuild
from app.notes.service import storing
from app.notes.service.reading import to_note
from app.per_app import PerApp

AT_ONCE = 50  # notes, whose rows are locked meanwhile: a tenth of a second, and a save waits for a whole one
remembered: PerApp[Callable[[int], bool]] = PerApp("search_rebuild")
REMEMBERED = 60_000_000  # microseconds for which a process may go on asking in both forms

PENDING = "The search index is to be built anew: run `flask notes reindex` once all servers are of this release."


def is_pending() -> bool:
    """Tell whether notes may still be indexed in the former form; the answer is remembered for a minute."""
    found: bool = remembered.get()(clock.now_us() // REMEMBERED)
    return found


def is_pending_at(_minute: int) -> bool:
    """Return what `is_pending` does; the app remembers the answer to each such question."""
    return bool(db.read(select(func.count()).select_from(search_rebuild)).scalar())


def describe_pending(connection: Connection) -> str | None:
    """Return what the user of `flask db upgrade` has to know, None when the index needs nothing."""
    if not inspect(connection).has_table(search_rebuild.name):
        return None
    return PENDING if connection.scalar(select(func.count()).select_from(search_rebuild)) else None


def count_remaining() -> int:
    """Return how many notes are still to be indexed."""
    if (place := _place()) is None:
        return 0
    owner, after = place
    remaining = or_(note.c.owner_id > owner, and_(note.c.owner_id == owner, note.c.id > after))
    number: int = db.read(select(func.count()).select_from(note).where(remaining)).scalar()
    return number


@db.in_transaction
def start() -> None:
    """Begin with the first note, whatever has been done before."""
    connection = db.connection()
    connection.execute(delete(search_rebuild))
    connection.execute(insert(search_rebuild), {"id": 1, "owner_id": 0, "note_id": 0})


def rebuild() -> Iterator[int]:
    """Index some notes in each step and yield how many; at the end nothing is left to do."""
    began = time.monotonic()
    while (number := _step()) is not None:
        db.release()
        yield number
        time.sleep(time.monotonic() - began)  # half of the time belongs to the people
        began = time.monotonic()


@db.in_transaction
def _step() -> int | None:
    """Index the next notes and return how many, None when nothing is left to do."""
    if (place := _place(lock=True)) is None:
        return None
    owner, after = place
    connection = db.connection()
    # Locked, or what is saved meanwhile would be indexed as it was before.
    stored = connection.execute(_NEXT, {"owner": owner, "after": after}).all()
    for row in stored:
        storing.derive_again(to_note(row))
        _renew_excerpt(connection, row)
    if stored:
        _move(owner, stored[-1].id)
    elif next_owner := connection.scalar(_NEXT_OWNER, {"owner": owner}):
        _move(next_owner, 0)
    else:
        connection.execute(delete(search_rebuild))
        return None
    return len(stored)


def _renew_excerpt(connection: Connection, row: Row[Any]) -> None:
    """Store the excerpt as this release makes it; where it is another one, the note has not changed for its reader."""
    if row.excerpt != (renewed := excerpt(row.body)):
        connection.execute(_SET_EXCERPT, {"owner": row.owner_id, "note": row.id, "renewed": renewed})


_SET_EXCERPT = (
    update(note)
    .where(note.c.owner_id == bindparam("owner"), note.c.id == bindparam("note"))
    .values(excerpt=bindparam("renewed"))
)
# By owner, because MySQL reads an index from its beginning where two columns are compared with a place at once.
_NEXT = (
    select(note)
    .where(note.c.owner_id == bindparam("owner"), note.c.id > bindparam("after"))
    .order_by(note.c.id)
    .limit(AT_ONCE)
    .with_for_update()
)
_NEXT_OWNER = select(func.min(note.c.owner_id)).where(note.c.owner_id > bindparam("owner"))


def _move(owner: int, note_id: int) -> None:
    db.connection().execute(update(search_rebuild).values(owner_id=owner, note_id=note_id))


def _place(lock: bool = False) -> tuple[int, int] | None:
    """Return owner and id of the last note that was indexed anew, None when nothing is to be done."""
    statement = select(search_rebuild.c.owner_id, search_rebuild.c.note_id)
    row = db.read(statement.with_for_update() if lock else statement).one_or_none()
    return (row.owner_id, row.note_id) if row else None

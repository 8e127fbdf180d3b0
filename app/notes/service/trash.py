"""Deleting for good what is in the trash."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select

from app import clock, db
from app.accounts.models import account
from app.notes import changes, forgetting, trail
from app.notes.models import note
from app.notes.service.storing import REMOVE_FROM_SEARCH

DAYS_IN_TRASH = 30
DELETED_AT_ONCE = 100


def empty_trash(owner: int, moved_before: int | None = None) -> int:
    """Delete the owner's trash for good, or what was put there before a moment; return how many notes went.

    A few at a time: deleting all of a large trash in one statement takes longer than a statement may.
    """
    some = select(note.c.id).where(note.c.owner_id == owner, note.c.place == "trash").limit(DELETED_AT_ONCE)
    if moved_before is not None:
        some = some.where(note.c.list_order < moved_before)
    deleted = 0
    while ids := db.read(some).scalars().all():
        deleted += _delete(owner, ids, "emptied" if moved_before is None else "expired")
    return deleted


@db.in_transaction
def _delete(owner: int, ids: Sequence[int], action: str) -> int:
    # Still only from the trash: somebody may have taken one out meanwhile.
    changes.lock(owner)
    some = select(note.c.id).where(note.c.owner_id == owner, note.c.id.in_(ids), note.c.place == "trash")
    still_there = db.read(some.with_for_update()).scalars().all()
    db.connection().execute(delete(note).where(note.c.owner_id == owner, note.c.id.in_(still_there)))
    changes.record(owner, still_there)
    trail.record(owner, still_there, action)
    forgetting.ask()
    return len(still_there)


def purge_trash(owner: int) -> int:
    """Delete what has been in the owner's trash for thirty days; return how many notes went.

    Happens whenever something is put there, and for everybody once a day.
    """
    return empty_trash(owner, clock.now_us() - DAYS_IN_TRASH * clock.DAY)


def delete_everything(owner: int) -> None:
    """Delete all notes of somebody whose account goes, a few at a time."""
    some = select(note.c.id).where(note.c.owner_id == owner).limit(DELETED_AT_ONCE)
    while ids := db.read(some).scalars().all():
        _delete_wherever(owner, ids)


@db.in_transaction
def _delete_wherever(owner: int, ids: Sequence[int]) -> None:
    # What SQLite finds by is no table of ours: no foreign key leads there.
    db.connection().execute(REMOVE_FROM_SEARCH[db.dialect()], [{"owner": owner, "id": note_id} for note_id in ids])
    db.connection().execute(delete(note).where(note.c.owner_id == owner, note.c.id.in_(ids)))
    forgetting.ask_soon()


def purge_everybodys_trash() -> int:
    """Do the same for all accounts: by a job, and by `flask notes purge`."""
    owners = db.read(select(account.c.id)).scalars().all()
    return sum(purge_trash(owner) for owner in owners)

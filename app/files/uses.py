"""Which notes mention which files, and since when no note mentions a file."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import exists, insert, literal, select, update

from app import db
from app.files.models import file, file_use
from app.files.rows import File, lock, to_file

AT_ONCE = 500  # ids in one statement


def mention(owner: int, note_id: int, file_ids: Collection[int]) -> None:
    """Take down that a note mentions files, in the transaction that stores its text.

    What is no file of the owner's is passed over. A mention stays for as long as the note, as its former versions do.
    """
    lock(owner)
    ids = sorted(file_ids)
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        found = select(file.c.owner_id, literal(note_id), file.c.id).where(
            file.c.owner_id == owner, file.c.id.in_(some)
        )
        columns = ["owner_id", "note_id", "file_id"]
        if db.connection().execute(_MENTION.from_select(columns, found)).rowcount:
            set_unused(owner, some, None)


_MENTION = insert(file_use).prefix_with("OR IGNORE", dialect="sqlite").prefix_with("IGNORE", dialect="mysql")


@db.in_transaction
def mark_unused(owner: int, now: int) -> None:
    """Take down since when files are not mentioned any more: their notes are gone."""
    lock(owner)
    is_used = exists().where(file_use.c.owner_id == owner, file_use.c.file_id == file.c.id)
    db.connection().execute(
        update(file).where(file.c.owner_id == owner, file.c.unused_at.is_(None), ~is_used).values(unused_at=now)
    )


def unused_since(owner: int, before: int, at_most: int) -> list[File]:
    """Return files that no note has mentioned since a moment."""
    old = select(file).where(file.c.owner_id == owner, file.c.unused_at < before).order_by(file.c.unused_at, file.c.id)
    return [to_file(row) for row in db.read(old.limit(at_most))]


def set_unused(owner: int, ids: Sequence[int], at: int | None) -> None:
    db.connection().execute(update(file).where(file.c.owner_id == owner, file.c.id.in_(ids)).values(unused_at=at))

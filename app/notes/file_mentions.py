"""Which notes mention a file, for the page of files: in their text, or in an earlier version of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Select, select, union_all

from app import db
from app.files.models import file_use
from app.files.views import MOST_NOTES, NoteName
from app.notes.models import note


def find(owner: int, file_ids: Collection[int]) -> Mapping[int, Sequence[NoteName]]:
    """Return of each file a few notes: as many rows are read, however many mention it."""
    if not file_ids:
        return {}
    parts = [select(_notes_of(owner, file_id).subquery()) for file_id in file_ids]
    found: dict[int, list[NoteName]] = defaultdict(list)
    for row in db.read(union_all(*parts)):
        heading = row.title or row.excerpt.partition("\n")[0].strip() or "Untitled"
        found[row.file_id].append(NoteName(row.note_id, heading, row.place))
    return found


def _notes_of(owner: int, file_id: int) -> Select[tuple[object, ...]]:
    return (
        select(file_use.c.file_id, file_use.c.note_id, note.c.title, note.c.excerpt, note.c.place)
        .join(note, (note.c.owner_id == file_use.c.owner_id) & (note.c.id == file_use.c.note_id))
        .where(file_use.c.owner_id == owner, file_use.c.file_id == file_id)
        .order_by(file_use.c.note_id)
        .limit(MOST_NOTES + 1)
    )

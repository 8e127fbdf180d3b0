"""A row of a list: its columns, declared once, how each database sends it and how it is read.

PyMySQL takes longer over thirteen values than MySQL over the whole page, so from there a row comes as one text. One of
the tricks that docs/adr/0010-tricks.md allows; benchmarks/tricks.py switches it off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Any, NamedTuple, get_type_hints

from app.notes.checklists import Checklist


class ListRow(NamedTuple):
    """A note in a list: all fields but its text. Times are microseconds since 1970, UTC.

    `checklist` is what `pack` makes of the items of its text. The last two are the list's own: the number that orders
    it, and how often the owner's tags have changed.
    """

    id: int
    version: int
    title: str
    excerpt: str
    tags: str
    status: str
    due_on: date | None
    pinned: int
    place: str
    created_at: int
    changed_at: int
    checklist: int
    order: int
    tag_changes: int


# Above the number of items that a text has room for, so that two numbers fit into one, which both databases can add up.
ITEMS_ABOVE = 100_000
# A look into a table that has the notes with items only.
CHECKLIST = (
    f"COALESCE((SELECT items.total * {ITEMS_ABOVE} + items.done FROM note_checklist AS items"
    " WHERE items.owner_id = note.owner_id AND items.note_id = note.id), 0)"
)
COLUMNS = [f"note.{name}" for name in ListRow._fields[:-3]] + [CHECKLIST]
ROW = ", ".join(COLUMNS)

# No text of a note can hold the NUL between two columns. CONCAT_WS leaves NULL out, and due_on may be NULL.
_TEXTS = ", ".join(f"COALESCE({name}, '')" if name == "note.due_on" else name for name in COLUMNS)
MYSQL_ROW = f"CONCAT_WS(CHAR(0 USING utf8mb4), {_TEXTS}, %s)"


def pack(items: Checklist) -> int:
    """Return both numbers in one, as a list reads them; 0 without items."""
    return items.total * ITEMS_ABOVE + items.done


def unpack(checklist: int) -> Checklist:
    total, done = divmod(checklist, ITEMS_ABOVE)
    return Checklist(done, total)


def _date(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


_READERS: dict[Any, Callable[[str], Any]] = {int: int, str: str, date | None: _date}
_COLUMN_READERS = [_READERS[kind] for kind in get_type_hints(ListRow).values()]

# What ListRow._make does, without a call of Python for each row.
_make: Callable[[Sequence[Any]], ListRow] = partial(tuple.__new__, ListRow)


def list_rows(rows: Sequence[Sequence[Any]]) -> list[ListRow]:
    """Return rows of ROW and of the list's own two columns, or of MYSQL_ROW, with dates in place of texts."""
    if rows and len(rows[0]) == 1:
        return [split_mysql_row(text) for (text,) in rows]
    made = map(_make, rows)
    return [row._replace(due_on=_date(row.due_on)) if isinstance(row.due_on, str) else row for row in made]


def split_mysql_row(text: str) -> ListRow:
    return _make([read(value) for read, value in zip(_COLUMN_READERS, text.split("\0"), strict=True)])

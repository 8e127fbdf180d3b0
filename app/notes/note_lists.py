"""Lists of notes, page by page, by keyset: the cost of a page does not depend on how many came before it.

Each function sends one statement, and a list never reads the texts. The statements are written as SQL, because
their speed is the point: every one is answered from one index in the order of the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from app import db
from app.errors import NotFound
from app.notes.list_rows import MYSQL_ROW, ROW, ListRow, list_rows
from app.notes.tag_names import TAG_CHANGES

PAGE = 20
LARGEST = 2**63 - 1

Towards = Literal["first", "older", "newer"]


class Cursor(NamedTuple):
    """A place between two rows of a list: on the older or the newer side of the row with this order and id.

    The order is a number, or the title where that orders the list.
    """

    towards: Towards
    order: int | str
    id: int

    @classmethod
    def parse(cls, typed: str | None, *, by_title: bool = False) -> Cursor | None:
        """Return the cursor that `str` of one wrote, None for the first page. Raises NotFound for anything else."""
        if not typed:
            return None
        towards, _, where = typed.partition(".")
        written, point, identity = where.rpartition(".")
        if not (by_title or _is_number(written)) or not point or not _is_number(identity):
            raise NotFound("This page of the list does not exist.")
        order = written if by_title else int(written)
        if towards == "older":
            return cls("older", order, int(identity))
        if towards == "newer":
            return cls("newer", order, int(identity))
        raise NotFound("This page of the list does not exist.")

    def __str__(self) -> str:
        return f"{self.towards}.{self.order}.{self.id}"


def _is_number(digits: str) -> bool:
    return digits.isascii() and digits.isdigit() and len(digits) <= 19 and int(digits) <= LARGEST


class Page(NamedTuple):
    """Some rows in their order, and the cursors of the pages around them, None where the list ends."""

    rows: Sequence[ListRow]
    newer: Cursor | None = None
    older: Cursor | None = None


class List:
    """The statements of one list: its first page, and the page on either side of a cursor.

    `table`, `order` and `key` name the index's table and last two columns; `descending` is the direction of reading.
    MariaDB reads most ways of writing the cursor from the end of the index (2.2 s at depth 900,000); this one is a
    range, and the hint keeps it one whatever the statistics say. `end` is a condition on the order where a list does
    not go to the end of its index; on the way back it would be a second bound, of which SQLite takes the wrong one.
    """

    def __init__(
        self,
        table: str,
        *,
        index: str,
        where: str,
        order: str,
        key: str,
        descending: bool,
        join: str = "",
        end: str = "",
    ) -> None:
        # A title is among the columns of a row already; on SQLite its index has no regard to capitals.
        self.by_title = order == "title"
        own = f"{'0' if self.by_title else f'{table}.{order}'}, {TAG_CHANGES}"
        collation = " COLLATE NOCASE" if self.by_title else ""

        def statement(row: str, cursor: str, down: bool, collation: str = "", hint: str = "") -> str:
            direction = "DESC" if down else "ASC"
            return (
                f"SELECT {row} FROM {table} {hint} {join}"
                f" WHERE {table}.owner_id = :owner AND {where} {cursor}"
                f" ORDER BY {table}.{order}{collation} {direction}, {table}.{key} {direction} LIMIT :limit"
            )

        # Thousands of tasks share one order (no due date), so the id must be part of the range and not of a filter on
        # it; each database sees a range in only one of these forms.
        def query(sign: str | None, down: bool) -> db.PreparedQuery:
            sqlite = f"AND ({table}.{order}, {table}.{key}) {sign} (:at{collation}, :at_id)"
            mysql = f"AND ({table}.{order} {sign} :at OR {table}.{order} = :at AND {table}.{key} {sign} :at_id)"
            until = f"AND {end}" if end and down == descending else ""
            return db.PreparedQuery(
                statement(f"{ROW}, {own}", f"{sqlite if sign else ''} {until}", down, collation),
                statement(MYSQL_ROW % own, f"{mysql if sign else ''} {until}", down, hint=f"FORCE INDEX ({index})"),
            )

        older, newer = ("<", ">") if descending else (">", "<")
        self.queries: dict[Towards, db.PreparedQuery] = {
            "first": query(None, descending),
            "older": query(older, descending),
            "newer": query(newer, not descending),
        }

    def page(self, cursor: Cursor | None, size: int = PAGE, **parameters: Any) -> Page:
        """Return the page at `cursor`; one row more than a page is read, which tells whether there is another page."""
        parameters["limit"] = size + 1
        if cursor:
            parameters |= {"at": cursor.order, "at_id": cursor.id}
        found = self.queries[cursor.towards if cursor else "first"].rows(**parameters)
        rows = list_rows(found)
        more, rows = len(rows) > size, rows[:size]
        if cursor and cursor.towards == "newer":
            rows.reverse()
            return Page(rows, self._at("newer", rows, 0) if more else None, self._at("older", rows, -1))
        return Page(rows, self._at("newer", rows, 0) if cursor else None, self._at("older", rows, -1) if more else None)

    def _at(self, towards: Towards, rows: Sequence[ListRow], position: int) -> Cursor | None:
        if not rows:
            return None
        row = rows[position]
        return Cursor(towards, row.title if self.by_title else row.order, row.id)


NOTES = List(
    "note",
    index="uq_note_list",
    where="note.place = :place",
    order="list_order",
    key="id",
    descending=True,
)
TASKS = List(
    "note",
    index="uq_note_tasks",
    where="note.place = 'notes' AND note.task_order IS NOT NULL",
    order="task_order",
    key="id",
    descending=False,
)
TAGGED = List(
    "note_tag",
    index="PRIMARY",
    where="note_tag.place = :place AND note_tag.tag = :tag",
    order="list_order",
    key="note_id",
    descending=True,
    join="JOIN note ON note.owner_id = note_tag.owner_id AND note.id = note_tag.note_id",
)
CREATED = List(
    "note",
    index="ix_note_created",
    where="note.place = :place",
    order="created_at",
    key="id",
    descending=True,
)
BY_TITLE = List(
    "note",
    index="ix_note_title",
    where="note.place = :place",
    order="title",
    key="id",
    descending=False,
)
OPEN_TASKS = List(
    "note",
    index="uq_note_tasks",
    where="note.place = 'notes'",
    order="task_order",
    key="id",
    descending=False,
    end="note.task_order < :before",
)
ORDERS = {"changed": NOTES, "created": CREATED, "title": BY_TITLE}
# Of all places: this order is for those who want every note, and no note moves in it.
BY_ID = List("note", index="PRIMARY", where="1 = 1", order="id", key="id", descending=False)


def in_place(owner: int, place: str, cursor: Cursor | None) -> Page:
    """Return a page of the notes in `place` (notes, archive or trash), newest change first, pinned ones on top."""
    return NOTES.page(cursor, owner=owner, place=place)


def tasks(owner: int, cursor: Cursor | None) -> Page:
    """Return a page of the notes with a status: open ones by their due date, then done ones, last done first."""
    return TASKS.page(cursor, owner=owner)


def tagged(owner: int, tag: str, cursor: Cursor | None) -> Page:
    """Return a page of the notes with `tag`, in the order of `in_place`."""
    return TAGGED.page(cursor, owner=owner, place="notes", tag=tag)

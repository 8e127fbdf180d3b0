"""Lists of notes, page by page, by keyset: the cost of a page does not depend on how many came before it.

Each function sends one statement, and a list never reads the texts. The statements are written as SQL, because
their speed is the point: every one is answered from one index in the order of the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, get_args

from app import db
from app.errors import NotFound
from app.notes.list_rows import MYSQL_ROW, ROW, ListRow, list_rows
from app.notes.models import DONE
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
    range, and the hint keeps it one whatever the statistics say. `begin` and `end` are conditions on the order where a
    list does not go to the ends of its index; beside a cursor of the same direction they would be a second bound, of
    which SQLite takes the wrong one.

    `between` are two orders, one below and one above those of all rows; `part` is the list's number in a ByStatus.
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
        begin: str = "",
        end: str = "",
        between: tuple[int, int] = (0, LARGEST),
        part: int = 0,
    ) -> None:
        self.descending, self.between, self.part = descending, between, part
        # A title is among the columns of a row already; on SQLite its index has no regard to capitals.
        self.by_title = order == "title"
        own = f"{'0' if self.by_title else f'{table}.{order}'}, {TAG_CHANGES}"
        collation = " COLLATE NOCASE" if self.by_title else ""

        def statement(row: str, cursor: str, down: bool, collation: str = "", hint: str = "") -> str:
            direction = "DESC" if down else "ASC"
            by_key = f", {table}.{key} {direction}" if key != order else ""
            return (
                f"SELECT {row} FROM {table} {hint} {join}"
                f" WHERE {table}.owner_id = :owner AND {where} {cursor}"
                f" ORDER BY {table}.{order}{collation} {direction}{by_key} LIMIT :limit"
            )

        # Thousands of tasks share one order (no due date), so the id must be part of the range and not of a filter on
        # it; each database sees a range in only one of these forms.
        def statements(sign: str | None, down: bool) -> tuple[str, str]:
            at, at_id = f":at_{part}", f":at_id_{part}"
            sqlite = f"AND ({table}.{order}, {table}.{key}) {sign} ({at}{collation}, {at_id})"
            mysql = f"AND ({table}.{order} {sign} {at} OR {table}.{order} = {at} AND {table}.{key} {sign} {at_id})"
            bounds = f"AND {end}" if end and down == descending else ""
            bounds += f" AND {begin}" if begin and (not sign or down != descending) else ""
            return (
                statement(f"{ROW}, {own}", f"{sqlite if sign else ''} {bounds}", down, collation),
                statement(MYSQL_ROW % own, f"{mysql if sign else ''} {bounds}", down, hint=f"FORCE INDEX ({index})"),
            )

        older, newer = ("<", ">") if descending else (">", "<")
        self.statements: dict[Towards, tuple[str, str]] = {  # for SQLite and for MySQL
            "first": statements(None, descending),
            "older": statements(older, descending),
            "newer": statements(newer, not descending),
        }
        self.queries = {towards: db.PreparedQuery(*both) for towards, both in self.statements.items()}

    def page(self, cursor: Cursor | None, size: int = PAGE, **parameters: Any) -> Page:
        """Return the page at `cursor`; one row more than a page is read, which tells whether there is another page."""
        towards: Towards = cursor.towards if cursor else "first"
        parameters |= {"limit": size + 1} | (self._bounds(cursor) if cursor else {})
        rows = self._in_order(list_rows(self.queries[towards].rows(**parameters)), towards)
        more, rows = len(rows) > size, rows[:size]
        if towards == "newer":
            rows.reverse()
            return Page(rows, self._at("newer", rows, 0) if more else None, self._at("older", rows, -1))
        return Page(rows, self._at("newer", rows, 0) if cursor else None, self._at("older", rows, -1) if more else None)

    def _bounds(self, cursor: Cursor) -> dict[str, Any]:
        return {f"at_{self.part}": cursor.order, f"at_id_{self.part}": cursor.id}

    def _in_order(self, rows: list[ListRow], _towards: Towards) -> list[ListRow]:
        return rows

    def _at(self, towards: Towards, rows: Sequence[ListRow], position: int) -> Cursor | None:
        if not rows:
            return None
        row = rows[position]
        return Cursor(towards, row.title if self.by_title else self._order(row), row.id)

    def _order(self, row: ListRow) -> int:
        return row.order


class ByStatus(List):
    """Lists of notes by their status, made one: a statement reads a page of each, of which the first rows are taken.

    With `in_turn` they stand one after the other; a cursor's order is then `list * IN_TURN + order`. Else they are
    merged, and are all ordered alike.
    """

    IN_TURN = 2**56  # above every order and id of those lists

    def __init__(self, *, in_turn: bool, **parts: List) -> None:
        self.by_title, self.in_turn, self.parts = False, in_turn, parts
        self.ranks = {status: rank if in_turn else 0 for rank, status in enumerate(parts)}
        self.queries = {towards: db.PreparedQuery(*self._statements(towards)) for towards in get_args(Towards)}

    def _statements(self, towards: Towards) -> list[str]:
        both = zip(*(part.statements[towards] for part in self.parts.values()), strict=True)
        return [" UNION ALL ".join(f"SELECT * FROM ({one}) AS part_{n}" for n, one in enumerate(of)) for of in both]

    def _bounds(self, cursor: Cursor) -> dict[str, Any]:
        rank, order = divmod(int(cursor.order), self.IN_TURN) if self.in_turn else (0, cursor.order)
        bounds: dict[str, Any] = {}
        for status, part in self.parts.items():
            at = Cursor(cursor.towards, order, cursor.id)
            if self.ranks[status] != rank:
                # Another list is read from its end on, or lies behind the cursor with all its rows.
                is_ahead = (self.ranks[status] > rank) == (cursor.towards == "older")
                is_upwards = part.descending == (cursor.towards == "newer")
                at = Cursor(cursor.towards, part.between[0 if is_ahead == is_upwards else 1], 0)
            bounds |= part._bounds(at)
        return bounds

    def _in_order(self, rows: list[ListRow], towards: Towards) -> list[ListRow]:
        def key(row: ListRow) -> tuple[int, int, int]:
            sign = -1 if self.parts[row.status].descending else 1
            return self.ranks[row.status], sign * row.order, sign * row.id

        return sorted(rows, key=key, reverse=towards == "newer")

    def _order(self, row: ListRow) -> int:
        return self.ranks[row.status] * self.IN_TURN + row.order


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


def _by_status(status: str, part: int) -> List:
    return List(
        "note",
        index="ix_note_status",
        where=f"note.place = :place AND note.status = '{status}'",
        order="list_order",
        key="id",
        descending=True,
        part=part,
    )


NOT_DONE = ByStatus(in_turn=False, none=_by_status("none", 0), open=_by_status("open", 1))
OPEN_BY_DUE_DATE = List(
    "note",
    index="uq_note_tasks",
    where="note.place = :place",
    order="task_order",
    key="id",
    descending=False,
    end=f"note.task_order < {DONE}",
    between=(-1, DONE),
    part=0,
)
NO_TASKS = List(
    "note",
    index="uq_note_tasks",
    where="note.place = :place AND note.task_order IS NULL",
    order="id",
    key="id",
    descending=True,
    part=1,
)
DONE_TASKS = List(
    "note",
    index="uq_note_tasks",
    where="note.place = :place",
    order="task_order",
    key="id",
    descending=False,
    begin=f"note.task_order >= {DONE}",
    between=(DONE - 1, LARGEST),
    part=2,
)
DUE = ByStatus(in_turn=True, open=OPEN_BY_DUE_DATE, none=NO_TASKS, done=DONE_TASKS)
DUE_NOT_DONE = ByStatus(in_turn=True, open=OPEN_BY_DUE_DATE, none=NO_TASKS)

ORDERS: dict[str, List] = {"changed": NOTES, "created": CREATED, "title": BY_TITLE, "due": DUE}
WITHOUT_DONE: dict[str, List] = {"changed": NOT_DONE, "due": DUE_NOT_DONE}  # where an index leaves them out
BY_TIME = {"changed", "created"}  # the orders in which a month can be jumped to
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

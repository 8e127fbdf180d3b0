"""The tags of an owner's notes, in order and as the newest note spells them; a worker remembers those of the column.

One of the tricks that docs/adr/0010-tricks.md allows; benchmarks/tricks.py switches it off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from flask import Flask

from app import clock, db
from app.notes.drafts import tidy_tag
from app.per_app import PerApp

COLUMN = 15  # tags beside a page
OWNERS_REMEMBERED = 256
# Microseconds: while a release is rolled out, tasks of an old one may change tags without counting it.
REMEMBERED = 60_000_000

TAG_CHANGES = "COALESCE((SELECT number FROM tag_change WHERE tag_change.owner_id = :owner), 0)"

# A jump from each tag to the next one, so the cost is that of the tags, not of the notes that have them. SQLite must be
# told to jump; MySQL does so by itself ("Using index for group-by"), but only for ranges: given equality, it scans.
# MariaDB scans, too, once an owner has 100,000 notes. The spelling is that of the newest note, one more jump for each:
# by its number, as MySQL sorts all notes of a tag to find the newest of them. They arrive as one text, because each row
# costs PyMySQL four microseconds.
_SQLITE = """WITH RECURSIVE used (tag) AS (
  SELECT MIN(tag) FROM note_tag WHERE owner_id = :owner AND place = 'notes' AND tag > :after
  UNION ALL
  SELECT (SELECT MIN(next.tag) FROM note_tag AS next
          WHERE next.owner_id = :owner AND next.place = 'notes' AND next.tag > used.tag)
  FROM used WHERE used.tag IS NOT NULL
) SELECT group_concat(COALESCE((
    SELECT name FROM note_tag
    WHERE owner_id = :owner AND place = 'notes' AND note_tag.tag = some.tag ORDER BY list_order DESC LIMIT 1
  ), tag), ' ') FROM (SELECT tag FROM used WHERE tag IS NOT NULL LIMIT :limit) AS some"""
_MYSQL = """SELECT GROUP_CONCAT(COALESCE((
    SELECT name FROM note_tag AS one FORCE INDEX (PRIMARY)
    WHERE one.owner_id = :owner AND one.place = 'notes' AND one.tag = used.tag AND one.list_order = used.newest LIMIT 1
  ), tag) SEPARATOR ' ') FROM (
  SELECT tag, MAX(list_order) AS newest FROM note_tag FORCE INDEX (PRIMARY)
  WHERE owner_id >= :owner AND owner_id <= :owner AND place >= 'notes' AND place <= 'notes' AND tag > :after
  GROUP BY owner_id, place, tag LIMIT :limit
) AS used"""
TAGS = db.PreparedQuery(_SQLITE, _MYSQL)

# How often the tags have changed, and the tags unless that number is known. Both databases work out a subquery in CASE
# only when they come to it.
_CHANGED = f"{TAG_CHANGES}, CASE WHEN {TAG_CHANGES} = :known THEN NULL ELSE (%s) END"
CHANGED_SQLITE, CHANGED_MYSQL = (
    _CHANGED % statement.replace(":after", "''").replace(":limit", str(COLUMN)) for statement in (_SQLITE, _MYSQL)
)
CHANGED = db.PreparedQuery(f"SELECT {CHANGED_SQLITE}", f"SELECT {CHANGED_MYSQL}")


def tags(owner: int, after: str = "", limit: int = COLUMN) -> list[str]:
    """Return the tags of the owner's notes in their order, as the newest note spells them, those after a given one.

    `after` is in the form in which tags are compared.
    """
    [(joined,)] = TAGS.rows(owner=owner, after=after, limit=limit)
    return _split(joined)


def _split(joined: str | None) -> list[str]:
    return sorted(joined.split(), key=tidy_tag) if joined else []


class Known(NamedTuple):
    """The tags of a column, the number of changes and the minute in which that was so."""

    changes: int = -1  # no owner has this number
    minute: int = -1
    tags: Sequence[str] = ()


class Memory:
    """What is known of one owner; threads share it, so it is replaced as a whole."""

    latest = Known()


memory: PerApp[Callable[[int], Memory]] = PerApp("tag_names")


def init_app(app: Flask) -> None:
    memory.set(app, lru_cache(maxsize=OWNERS_REMEMBERED)(lambda _owner: Memory()))


def column(owner: int, changes: int | None = None) -> Sequence[str]:
    """Return the tags beside a page, by at most one statement; `changes` is their number of changes, if it is known."""
    if (known := recall(owner)).changes == changes:
        return known.tags
    [(number, joined)] = CHANGED.rows(owner=owner, known=known.changes)
    return learn(owner, known, number, joined)


def recall(owner: int) -> Known:
    """Return what is known of an owner's tags for now."""
    known = memory.get()(owner).latest
    return known if known.minute == _minute() else Known()


def learn(owner: int, known: Known, changes: int, joined: str | None) -> Sequence[str]:
    """Return the tags by the answer of CHANGED to what was known, and remember them."""
    if changes != known.changes:
        known = memory.get()(owner).latest = Known(changes, _minute(), _split(joined))
    return known.tags


def _minute() -> int:
    return clock.now_us() // REMEMBERED

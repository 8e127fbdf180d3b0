"""Search in the database's own full-text index: best first when the hits are few, a bounded part of them when many.

A page costs one statement. At most `HITS` notes are ranked: with a frequent word the newest ones on SQLite (whose
bm25 reads every posting of a word) and the best ones on MySQL (whose index delivers by relevance).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app import db
from app.notes import words
from app.notes.list_rows import ROW, ListRow, list_rows
from app.notes.note_lists import PAGE

HITS = 200
SCANNED = 8 * 1024  # characters of a text in which a passage around the first hit is looked for

# One row more than a page tells whether there is another. The window over at most HITS ranked rows is the one place
# where skipping rows is cheap.
SHOWN = "ORDER BY score DESC, id DESC LIMIT :limit OFFSET :skip"

# CASE calls bm25 only where the hits are few; otherwise all scores are equal and the newest come first.
SEARCH = db.PreparedQuery(
    sqlite=f"""
WITH few (yes) AS (
  SELECT COUNT(*) <= {HITS} FROM (SELECT 1 FROM note_search WHERE note_search MATCH :query LIMIT {HITS + 1})
), hit (id, score) AS (
  SELECT rowid, CASE WHEN (SELECT yes FROM few) THEN -bm25(note_search) ELSE 0 END
  FROM note_search WHERE note_search MATCH :query ORDER BY rowid DESC LIMIT {HITS}
), shown AS (SELECT id, score, (SELECT yes FROM few) AS complete FROM hit {SHOWN})
SELECT {ROW}, 0, 0, substr(note.body, 1, {SCANNED}), shown.complete
FROM shown JOIN note ON note.owner_id = :owner AND note.id = shown.id
ORDER BY shown.score DESC, shown.id DESC
""",
    mysql=f"""
SELECT {ROW}, 0, 0, LEFT(note.body, {SCANNED}), shown.complete
FROM (
  SELECT id, score, number <= {HITS} AS complete FROM (
    SELECT note_id AS id, score, COUNT(*) OVER () AS number FROM (
      SELECT note_id, MATCH (words) AGAINST (:query IN BOOLEAN MODE) AS score
      FROM note_search WHERE MATCH (words) AGAINST (:query IN BOOLEAN MODE) LIMIT {HITS + 1}
    ) AS found
  ) AS hit {SHOWN}
) AS shown JOIN note ON note.owner_id = :owner AND note.id = shown.id
ORDER BY shown.score DESC, shown.id DESC
""",
)


class Found(NamedTuple):
    """A hit: the note, and the beginning of its text in which to look for a passage."""

    note: ListRow
    body: str


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of hits; `complete` says that all hits were ranked, and the page numbers are None where there is none."""

    rows: Sequence[Found]
    terms: tuple[words.Term, ...]
    complete: bool
    newer: int | None
    older: int | None


def search(owner: int, typed: str, page: int = 1, size: int = PAGE, also: Sequence[words.Term] = ()) -> Hits:
    """Return a page of the notes that fit what was typed, and `also`; see words.parse for what can be typed."""
    terms = words.parse(typed)
    page = min(max(page, 1), HITS // size)
    if not terms and not also:
        return Hits([], (), True, None, None)
    query = (words.fts5 if db.dialect() == "sqlite" else words.boolean_mode)(owner, (*terms, *also))
    found = SEARCH.rows(query=query, owner=owner, skip=(page - 1) * size, limit=size + 1)
    more = len(found) > size and page < HITS // size
    shown = found[:size]
    return Hits(
        [Found(note, row[-2]) for note, row in zip(list_rows([row[:-2] for row in shown]), shown, strict=True)],
        terms,
        complete=all(row[-1] for row in found),
        newer=page - 1 if page > 1 else None,
        older=page + 1 if more else None,
    )

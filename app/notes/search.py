"""Search in the database's own full-text index: best first when the hits are few, a bounded part of them when many.

A page costs one statement, two where nothing fits and beginnings of the words are tried. At most `HITS` notes are
ranked: with a frequent word the newest ones on SQLite (whose bm25 reads every posting of a word) and the best ones on
MySQL (whose index delivers by relevance).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from app import db
from app.notes import indexing, queries
from app.notes.list_rows import ROW, ListRow, list_rows
from app.notes.note_lists import PAGE
from app.notes.queries import Clause, Phrases
from app.notes.tag_names import TAG_CHANGES

HITS = 200
RANKED_WORDS = 8  # SQLite's bm25 compares every occurrence of each word with those of all others
CANDIDATES = 1_000  # notes whose tokens are read for a phrase that FULLTEXT cannot be asked
SCANNED = 8 * 1024  # characters of a text in which a passage around the first hit is looked for

# One row more than a page tells whether there is another. The window over at most HITS ranked rows is the one place
# where skipping rows is cheap.
SHOWN = "ORDER BY score DESC, id DESC LIMIT :limit OFFSET :skip"

# CASE calls bm25 only where the hits are few; otherwise all scores are equal and the newest come first.
SQLITE = f"""
WITH few (yes) AS (
  SELECT COUNT(*) <= {HITS} FROM (SELECT 1 FROM note_search WHERE note_search MATCH :query LIMIT {HITS + 1})
), hit (id, score) AS (
  SELECT rowid, CASE WHEN :rank AND (SELECT yes FROM few) THEN -bm25(note_search) ELSE 0 END
  FROM note_search WHERE note_search MATCH :query ORDER BY rowid DESC LIMIT {HITS}
), shown AS (SELECT id, score, (SELECT yes FROM few) AS complete FROM hit {SHOWN})
SELECT {ROW}, 0, {TAG_CHANGES}, substr(note.body, 1, {SCANNED}), shown.complete
FROM shown JOIN note ON note.owner_id = :owner AND note.id = shown.id
ORDER BY shown.score DESC, shown.id DESC
"""
MYSQL = f"""
SELECT {ROW}, 0, {TAG_CHANGES}, LEFT(note.body, {SCANNED}), shown.complete
FROM (
  SELECT id, score, number <= {HITS} AND tried < {CANDIDATES} AS complete FROM (
    SELECT id, score, COUNT(*) OVER () AS number, tried FROM (%s) AS found
  ) AS hit {SHOWN}
) AS shown JOIN note ON note.owner_id = :owner AND note.id = shown.id
ORDER BY shown.score DESC, shown.id DESC
"""
MATCHING = "MATCH (words) AGAINST (:query IN BOOLEAN MODE)"
HAVING_ALL = f"SELECT note_id AS id, {MATCHING} AS score, 0 AS tried FROM note_search WHERE {MATCHING} LIMIT {HITS + 1}"
HAVING_PHRASES = f"""
SELECT id, score, tried FROM (
  SELECT id, score, fits, COUNT(*) OVER () AS tried FROM (
    SELECT note_id AS id, {MATCHING} AS score, %s AS fits FROM note_search WHERE {MATCHING} LIMIT {CANDIDATES}
  ) AS candidate
) AS tested WHERE fits LIMIT {HITS + 1}"""

SEARCH = db.PreparedQuery(SQLITE, MYSQL % HAVING_ALL)


@lru_cache(maxsize=100)  # by their shape
def _with_phrases(shape: Sequence[tuple[int, bool]]) -> db.PreparedQuery:
    """Return the query for so many texts in each of the conditions, of which some are excluded."""
    conditions = []
    for number, (texts, excluded) in enumerate(shape):
        either = " OR ".join(f"INSTR(CONCAT(' ', words, ' '), :phrase_{number}_{text})" for text in range(texts))
        conditions.append(f"NOT ({either})" if excluded else f"({either})")
    return db.PreparedQuery(SQLITE, MYSQL % HAVING_PHRASES % " AND ".join(conditions))


class Hit(NamedTuple):
    """A hit: the note, and the beginning of its text in which to look for a passage."""

    note: ListRow
    body: str


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of hits, and the numbers of the pages around it, None where there is none.

    `complete` says that all hits were ranked, `widened` that nothing fit, and these have the beginnings of the words;
    `cut` that more was typed than was looked for.
    """

    rows: Sequence[Hit] = ()
    clauses: tuple[Clause, ...] = ()
    complete: bool = True
    widened: bool = False
    cut: bool = False
    newer: int | None = None
    older: int | None = None


def search(
    owner: int,
    typed: str,
    page: int = 1,
    size: int = PAGE,
    *,
    also: Sequence[Clause] = (),
    today: date | None = None,
    widen: bool = True,
) -> Hits:
    """Return a page of the notes that fit what was typed, and `also`; see queries.parse for what can be typed.

    Where none fits, and `widen`, the beginnings of all words are tried. `today` is the person's date, UTC's by default.
    """
    parsed = queries.parse(typed, today or datetime.now(UTC).date())
    clauses = (*_in_forms_of_the_index(parsed.clauses), *also)
    page = min(max(page, 1), HITS // size)
    if not clauses:
        return Hits(cut=parsed.cut)
    rows, widened = _rows(owner, clauses, page, size), False
    if widen and not rows and clauses != (wider := queries.widened(clauses)) and not _fits_one(owner, clauses, page):
        clauses, rows, widened = wider, _rows(owner, wider, page, size), True
    more = len(rows) > size and page < HITS // size
    complete, rows = all(row[-1] for row in rows), rows[:size]
    return Hits(
        [Hit(note, row[-2]) for note, row in zip(list_rows([row[:-2] for row in rows]), rows, strict=True)],
        clauses,
        complete,
        widened,
        parsed.cut,
        newer=page - 1 if page > 1 else None,
        older=page + 1 if more else None,
    )


def _in_forms_of_the_index(clauses: tuple[Clause, ...]) -> tuple[Clause, ...]:
    other = any(term.before for clause in clauses for term in clause.terms)
    return queries.in_current_form(clauses) if other and not indexing.is_pending() else clauses


def _fits_one(owner: int, clauses: Sequence[Clause], page: int) -> bool:
    """Tell whether a page after the first is empty only because it lies behind the last hit."""
    return page > 1 and bool(_rows(owner, clauses, 1, 1))


def _rows(owner: int, clauses: Sequence[Clause], page: int, size: int) -> Sequence[tuple[Any, ...]]:
    window = {"owner": owner, "skip": (page - 1) * size, "limit": size + 1}
    if db.dialect() == "sqlite":
        rank = sum(len(term.words) for clause in clauses for term in clause.terms) <= RANKED_WORDS
        return SEARCH.rows(query=queries.fts5(owner, clauses), rank=rank, **window)
    query = queries.boolean_mode(owner, clauses)
    if not (phrases := queries.phrases(owner, clauses)):
        return SEARCH.rows(query=query, **window)
    texts = {f"phrase_{at}_{n}": text for at, one in enumerate(phrases) for n, text in enumerate(one.texts)}
    return _with_phrases(_shape(phrases)).rows(query=query, **texts, **window)


def _shape(phrases: Sequence[Phrases]) -> tuple[tuple[int, bool], ...]:
    return tuple((len(one.texts), one.excluded) for one in phrases)

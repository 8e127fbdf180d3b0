"""What links a note with others: the notes that its text leads to, and those whose texts lead to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from app import db
from app.notes import tag_names, wikilinks
from app.notes.service import Note, first_line

BACKLINKS = 50
TITLES = 8


class Backlink(NamedTuple):
    note_id: int
    heading: str


class Links(NamedTuple):
    """`to` has the ids of the notes that are linked to by the keys of their titles; `tags` are those of the column."""

    to: Mapping[str, int]
    back: Sequence[Backlink]
    tags: Sequence[str]


# One statement, since a page has two after that of its session. Of several notes with one title the oldest is meant.
_TO = """
SELECT 'to' AS kind, (
  SELECT id FROM note {by_title}
  WHERE note.owner_id = link.owner_id AND note.place = '%s' AND link.title = note.title ORDER BY id LIMIT 1
) AS id, link.title AS title, '' AS excerpt
FROM note_link AS link {by_note} WHERE link.owner_id = :owner AND link.note_id = :id
UNION ALL
"""
# An index has the place before the title, so each place is looked through by itself; what comes later counts.
_AROUND = f"""
{_TO % "archive"}
{_TO % "notes"}
SELECT * FROM (
  SELECT 'back' AS kind, note.id AS id, note.title AS title, note.excerpt AS excerpt
  FROM note_link AS link {{by_link}}
  JOIN note ON note.owner_id = link.owner_id AND note.id = link.note_id AND note.place <> 'trash' AND note.id <> :id
  WHERE link.owner_id = :owner AND link.title = :title ORDER BY link.note_id DESC LIMIT {BACKLINKS}
) AS backlinks
UNION ALL
SELECT 'tags', {{tags}}, ''
"""
AROUND = db.PreparedQuery(
    _AROUND.format(by_note="", by_title="", by_link="", tags=tag_names.CHANGED_SQLITE),
    _AROUND.format(
        by_note="FORCE INDEX (PRIMARY)",
        by_title="FORCE INDEX (ix_note_title)",
        by_link="FORCE INDEX (uq_note_link_title)",
        tags=tag_names.CHANGED_MYSQL,
    ),
)


def around(note: Note) -> Links:
    """Return what the page of a note shows of its neighbours, and the tags of the column."""
    known = tag_names.recall(note.owner_id)
    rows = AROUND.rows(owner=note.owner_id, id=note.id, title=note.draft.title, known=known.changes)
    to = {wikilinks.key(title): note_id for kind, note_id, title, _ in rows if kind == "to" and note_id}
    back = [Backlink(row[1], row[2] or first_line(row[3])) for row in rows if row[0] == "back" and note.draft.title]
    [(changes, joined)] = [row[1:3] for row in rows if row[0] == "tags"]
    return Links(to, back, tag_names.learn(note.owner_id, known, changes, joined))


BEGINNING = db.PreparedQuery(
    "SELECT title FROM note WHERE owner_id = :owner AND place = 'notes' AND title >= :beginning COLLATE NOCASE"
    " ORDER BY title COLLATE NOCASE, id LIMIT :limit",
    "SELECT title FROM note FORCE INDEX (ix_note_title) WHERE owner_id = :owner AND place = 'notes'"
    " AND title >= :beginning ORDER BY title, id LIMIT :limit",
)


def suggest(owner: int, typed: str) -> list[str]:
    """Return titles that begin with what was typed, those that a link can name."""
    beginning = " ".join(typed.split())
    if not beginning:
        return []
    titles = [title for (title,) in BEGINNING.rows(owner=owner, beginning=beginning, limit=3 * TITLES)]
    fitting = (title for title in titles if wikilinks.key(title).startswith(wikilinks.key(beginning)))
    return list(dict.fromkeys(title for title in fitting if wikilinks.can_be_linked(title)))[:TITLES]

"""The view of a list's row: a heading, a few words of text, and its times and dates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple, get_args
from urllib.parse import quote

from markupsafe import Markup, escape

from app.notes import checklists, highlights
from app.notes.checklists import Checklist
from app.notes.dates import Calendar, Urgency, due_words, machine_time, urgency_of
from app.notes.drafts import STATUSES, excerpt
from app.notes.list_rows import ListRow, pack, unpack
from app.notes.search import Hit
from app.notes.service import PLACES, Note

# What a status, a place and an urgency can be.
WORDS = {word: Markup(word) for word in (*STATUSES, *PLACES, *get_args(Urgency))}  # noqa: S704 - constants


class TagLink(NamedTuple):
    """A tag, and the last part of its address."""

    name: Markup
    path: Markup


@dataclass(slots=True)
class RowView:
    """A row of a list; `written` is the time of the last change for machines, `ago` for people.

    All words are Markup, as its template escapes nothing: no field may be a str. `heading` and `text` may have hits
    marked; `name` is the plain heading.
    """

    id: int
    version: int
    name: Markup
    heading: Markup
    text: Markup
    tags: list[TagLink]
    status: Markup
    due: Markup
    urgency: Markup
    pinned: bool
    place: Markup
    written: Markup
    ago: Markup
    items: Checklist


def list_row(note: Note) -> ListRow:
    """Return the row that a list has of the note; its place in that list is not known."""
    draft = note.draft
    return ListRow(
        note.id,
        note.version,
        draft.title,
        excerpt(draft.body),
        " ".join(draft.tags),
        draft.status,
        draft.due_on,
        int(note.pinned),
        note.place,
        note.created_at,
        note.changed_at,
        pack(checklists.count(draft.body)),
        order=0,
        tag_changes=0,
    )


def row_views(rows: Sequence[ListRow], calendar: Calendar) -> list[RowView]:
    today = calendar.today
    return [_row_view(row, calendar, today) for row in rows]


def hit_views(rows: Sequence[Hit], calendar: Calendar, hits: re.Pattern[str] | None) -> list[RowView]:
    """Return the hits of a search as `row_views`, with the passage around the first hit, and hits marked."""
    lines = row_views([row.note for row in rows], calendar)
    for row, line in zip(rows, lines, strict=True):
        heading, _, _ = _texts(row.note)
        body = row.body if row.note.title else row.body.lstrip().partition("\n")[2]
        line.heading = highlights.mark(heading, hits)
        line.text = highlights.passage(body, hits)
    return lines


def _texts(row: ListRow) -> tuple[str, str, str]:
    """Return the heading, the text and the tags of a row."""
    if row.title:
        return row.title, row.excerpt, row.tags
    heading, _, text = row.excerpt.partition("\n")
    return heading or "Untitled", text.lstrip(), row.tags


def _row_view(row: ListRow, calendar: Calendar, today: date) -> RowView:
    name, words, tags = _texts(row)
    heading, text = escape(name), escape(words)
    urgency = urgency_of(row.due_on, row.status, today)
    return RowView(
        row.id,
        row.version,
        heading,
        heading,
        text,
        [_tag_link(tag) for tag in tags.split()],
        WORDS[row.status],
        escape(due_words(row.due_on, urgency, today)),
        WORDS[urgency],
        bool(row.pinned),
        WORDS[row.place],
        escape(machine_time(row.changed_at)),
        escape(calendar.ago(row.changed_at)),
        unpack(row.checklist),
    )


@lru_cache(maxsize=10_000)
def _tag_link(tag: str) -> TagLink:
    return TagLink(escape(tag), escape(quote(tag)))

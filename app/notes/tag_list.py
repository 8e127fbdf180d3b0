"""All tags of a person: which there are, on how many notes, and which begin with what was typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import func, literal, select, union_all

from app import db
from app.notes import tag_names
from app.notes.drafts import tidy_tag
from app.notes.models import note_tag

TAGS_ON_A_PAGE = 100
FILTERED = 5_000  # tags that a filter looks at
COUNTED = 1_000  # notes; more are not counted, so that the page costs the same for everybody
SUGGESTED = 8


class CountedTag(NamedTuple):
    """A tag as the newest note spells it, and on how many notes it is, COUNTED at most."""

    name: str
    number: int


class TagPage(NamedTuple):
    """Some tags in their order; `more` is what the next page comes after. `first` are those the column shows."""

    tags: Sequence[CountedTag]
    more: str | None
    first: Sequence[str]


def page(owner: int, filtered_by: str = "", after: str = "") -> TagPage:
    """Return the tags that hold what was typed, behind `after`, which is in the form in which tags are compared."""
    part, names = tidy_tag(filtered_by), tag_names.tags(owner, limit=FILTERED)
    found = [name for name in names if part in tidy_tag(name) and tidy_tag(name) > after]
    if len(names) == FILTERED and after >= tidy_tag(names[-1]):
        found = tag_names.tags(owner, after, TAGS_ON_A_PAGE + 1)
    some = found[:TAGS_ON_A_PAGE]
    more = tidy_tag(some[-1]) if len(found) > len(some) or (some and len(names) == FILTERED and not part) else None
    return TagPage(_counted(owner, some), more, names[: tag_names.COLUMN])


def _counted(owner: int, names: Sequence[str]) -> list[CountedTag]:
    """Count in one statement, each tag no further than COUNTED: no shorter way to say so works on every database."""
    if not names:
        return []
    some = [
        select(literal(1))
        .where(note_tag.c.owner_id == owner, note_tag.c.place == "notes", note_tag.c.tag == tidy_tag(name))
        .limit(COUNTED)
        .subquery()
        for name in names
    ]
    counts = union_all(*(select(literal(at).label("at"), func.count()).select_from(one) for at, one in enumerate(some)))
    numbers = {row[0]: row[1] for row in db.read(counts)}
    return [CountedTag(name, numbers[at]) for at, name in enumerate(names)]


def suggest(owner: int, typed: str) -> list[str]:
    """Return the first tags that begin with what was typed of one, and are longer."""
    beginning = tidy_tag(typed)
    if not beginning:
        return []
    return [name for name in tag_names.tags(owner, beginning, SUGGESTED) if tidy_tag(name).startswith(beginning)]


def is_used(owner: int, name: str) -> bool:
    """Whether a note has the tag, also in the archive."""
    used = select(note_tag.c.note_id).where(
        note_tag.c.owner_id == owner, note_tag.c.place.in_(["notes", "archive"]), note_tag.c.tag == tidy_tag(name)
    )
    return db.read(used.limit(1)).first() is not None

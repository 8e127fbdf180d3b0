"""Lists narrowed by what a program asks for: each combination is answered from one index, or refused in a sentence."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from app.errors import Invalid, NotFound
from app.notes import note_lists, search
from app.notes.drafts import tidy_tag
from app.notes.note_lists import BY_ID, CREATED, NOTES, OPEN_TASKS, TAGGED, Cursor, List, Page
from app.notes.queries import Clause, Term
from app.notes.search import HITS
from app.notes.service import DONE, PINNED

# The same indexes as the lists of the pages, with an end.
PINNED_NOTES = List(
    "note",
    index="uq_note_list",
    where=f"note.place = 'notes' AND note.list_order >= {PINNED}",
    order="list_order",
    key="id",
    descending=True,
)
PINNED_AND_TAGGED = List(
    "note_tag",
    index="PRIMARY",
    where=f"note_tag.place = 'notes' AND note_tag.tag = :tag AND note_tag.list_order >= {PINNED}",
    order="list_order",
    key="note_id",
    descending=True,
    join="JOIN note ON note.owner_id = note_tag.owner_id AND note.id = note_tag.note_id",
)
BELOW_PINNED = Cursor("older", PINNED, 0)
AFTER_OPEN = Cursor("older", DONE, 0)


class Filter(NamedTuple):
    """What is wanted; None means that it does not matter. `archived` is False unless words are searched for."""

    words: str | None = None
    status: str | None = None
    tag: str | None = None
    archived: bool | None = None
    pinned: bool | None = None
    due_before: date | None = None
    sort: str | None = None


def page(owner: int, wanted: Filter, cursor: str | None, size: int) -> tuple[Page, str | None]:
    """Return a page and what leads to the next. Raises Invalid for what no index answers, and for no cursor of ours."""
    _check_sort(wanted)
    if wanted.words is not None:
        return _search(owner, wanted, cursor, size)
    at = _parse(cursor)
    if wanted.sort == "id":
        found = BY_ID.page(at, size, owner=owner)
    elif wanted.sort == "created":
        found = CREATED.page(at, size, owner=owner, place="archive" if wanted.archived else "notes")
    elif wanted.status or wanted.due_before:
        found = _tasks(owner, wanted, at, size)
    else:
        found = _notes(owner, wanted, at, size)
    return found, str(found.older) if found.older else None


def _check_sort(wanted: Filter) -> None:
    if wanted.sort and (wanted.words is not None or wanted.status or wanted.due_before):
        raise Invalid({"sort": "A search, tasks by status and `due_before` have orders of their own."})
    narrowed = wanted.tag is not None or wanted.pinned is not None
    if wanted.sort == "created" and narrowed:
        raise Invalid({"sort": "By creation, notes can be filtered by `archived` only."})
    if wanted.sort == "id" and (narrowed or wanted.archived is not None):
        raise Invalid({"sort": "By id, all notes are listed, and none can be left out."})


def tasks(owner: int, cursor: str | None, size: int) -> tuple[Page, str | None]:
    """Return a page of all tasks and what leads to the next."""
    found = note_lists.TASKS.page(_parse(cursor), size, owner=owner)
    return found, str(found.older) if found.older else None


def open_tasks(owner: int, cursor: Cursor | None) -> Page:
    """Return a page of the open tasks by their due date."""
    return OPEN_TASKS.page(cursor, owner=owner, before=DONE)


def in_trash(owner: int, cursor: str | None, size: int) -> tuple[Page, str | None]:
    """Return a page of deleted notes, last deleted first, and what leads to the next."""
    found = NOTES.page(_parse(cursor), size, owner=owner, place="trash")
    return found, str(found.older) if found.older else None


def _parse(cursor: str | None) -> Cursor | None:
    try:
        return Cursor.parse(cursor)
    except NotFound:
        raise Invalid({"cursor": "Send `next` of the page before, as it was."}) from None


def _notes(owner: int, wanted: Filter, at: Cursor | None, size: int) -> Page:
    place = "archive" if wanted.archived else "notes"
    if wanted.archived and wanted.pinned is not None:
        raise Invalid({"pinned": "Archived notes cannot be filtered by this, except in a search (`q`)."})
    if wanted.pinned is False:
        at = at or BELOW_PINNED
    if wanted.tag is None:
        return (PINNED_NOTES if wanted.pinned else NOTES).page(at, size, owner=owner, place=place)
    tag = tidy_tag(wanted.tag)
    return (PINNED_AND_TAGGED if wanted.pinned else TAGGED).page(at, size, owner=owner, place=place, tag=tag)


def _tasks(owner: int, wanted: Filter, at: Cursor | None, size: int) -> Page:
    name = "due_before" if wanted.due_before else "status"
    if wanted.tag is not None or wanted.archived or wanted.pinned is not None:
        raise Invalid({name: "This cannot be combined with tag, archived or pinned, except for a status in a search."})
    if wanted.due_before and wanted.status == "done":
        raise Invalid({name: "Only open tasks can be filtered by this."})
    if wanted.status == "done":
        return note_lists.TASKS.page(at or AFTER_OPEN, size, owner=owner)
    before = wanted.due_before.toordinal() - date.min.toordinal() if wanted.due_before else DONE
    return OPEN_TASKS.page(at, size, owner=owner, before=before)


def _search(owner: int, wanted: Filter, cursor: str | None, size: int) -> tuple[Page, str | None]:
    if wanted.due_before:
        raise Invalid({"due_before": "This cannot be combined with a search (`q`)."})
    states = {"archived": wanted.archived, "pinned": wanted.pinned}
    also = [Clause((Term("state", (name,)),), excluded=not yes) for name, yes in states.items() if yes is not None]
    also += [Clause((Term("state", (wanted.status,)),))] if wanted.status else []
    also += [Clause((Term("tag", (tidy_tag(wanted.tag),)),))] if wanted.tag is not None else []
    hits = search.search(owner, wanted.words or "", _number(cursor, HITS // size), size, also=also, widen=False)
    return Page([hit.note for hit in hits.rows]), f"page.{hits.older}" if hits.older else None


def _number(cursor: str | None, last: int) -> int:
    name, _, digits = (cursor or "page.1").partition(".")
    if name != "page" or not (digits.isascii() and digits.isdigit() and len(digits) < 4 and 1 <= int(digits) <= last):
        raise Invalid({"cursor": "Send `next` of the page before, as it was."})
    return int(digits)

"""What the tables hold of a note: its row, the numbers that order lists, and its entries in the indexes."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import bindparam, delete, insert, text

from app import clock, db
from app.files import service as files
from app.notes import checklists, tokens, wikilinks
from app.notes.drafts import Draft, excerpt, tidy_tag
from app.notes.models import DONE, NO_DUE_DATE, PINNED, note_checklist, note_link, note_tag
from app.notes.service.note import Note


def row(stored: Note, now: int | None = None) -> dict[str, Any]:
    return {
        "owner_id": stored.owner_id,
        "id": stored.id,
        "version": stored.version,
        "place": stored.place,
        "pinned": int(stored.pinned),
        "created_at": stored.created_at,
        "changed_at": stored.changed_at,
        "list_order": list_order(stored, now or clock.now_us()),
        "task_order": task_order(stored, now or clock.now_us()),
        "excerpt": excerpt(stored.draft.body),
    } | content(stored.draft)


def content(draft: Draft) -> dict[str, Any]:
    return {
        "title": draft.title,
        "body": draft.body,
        "tags": " ".join(draft.tags),
        "status": draft.status,
        "due_on": draft.due_on,
    }


def list_order(stored: Note, now: int) -> int:
    """Return the number by which lists are ordered, highest first: pinned, then last changed; trash by deletion."""
    if stored.place == "trash":
        return min(now, clock.now_us())  # the trash is emptied by it, also of what was written while a clock was ahead
    return stored.changed_at + (PINNED if stored.pinned and stored.place == "notes" else 0)


def task_order(stored: Note, now: int) -> int | None:
    """Return the number by which tasks are ordered, lowest first: open by due date, then done, last touched first."""
    draft = stored.draft
    if draft.status == "none":
        return None
    if draft.status == "done":
        return DONE + (DONE - now)
    due = draft.due_on
    return (due.toordinal() if due else NO_DUE_DATE) - date.min.toordinal()


_FORGET_CHECKLIST = delete(note_checklist).where(
    note_checklist.c.owner_id == bindparam("owner"), note_checklist.c.note_id == bindparam("id")
)
_UNLINK = delete(note_link).where(note_link.c.owner_id == bindparam("owner"), note_link.c.note_id == bindparam("id"))
# Two titles that differ for us may be one for a collation.
_LINK = insert(note_link).prefix_with("OR IGNORE", dialect="sqlite").prefix_with("IGNORE", dialect="mysql")
_UNTAG = delete(note_tag).where(note_tag.c.owner_id == bindparam("owner"), note_tag.c.note_id == bindparam("id"))
ADD_TO_SEARCH = {
    "sqlite": text("INSERT INTO note_search (rowid, words) VALUES (:id, :words)"),
    "mysql": text("INSERT INTO note_search (owner_id, note_id, words) VALUES (:owner, :id, :words)"),
}
REMOVE_FROM_SEARCH = {
    "sqlite": text("DELETE FROM note_search WHERE rowid = :id"),
    "mysql": text("DELETE FROM note_search WHERE owner_id = :owner AND note_id = :id"),
}


_COUNT_TAG_CHANGE = {
    "sqlite": text(
        "INSERT INTO tag_change (owner_id, number) VALUES (:owner, 1)"
        " ON CONFLICT (owner_id) DO UPDATE SET number = number + 1"
    ),
    "mysql": text(
        "INSERT INTO tag_change (owner_id, number) VALUES (:owner, 1) ON DUPLICATE KEY UPDATE number = number + 1"
    ),
}


def index(before: Note | None, stored: Note) -> None:
    """Bring the tags, the full-text index and the checklist in line with the note.

    What is in the trash has no tags and is in no index.
    """
    connection = db.connection()
    key = {"owner": stored.owner_id, "id": stored.id}
    if before:
        connection.execute(_UNTAG, key)
    if stored.place != "trash" and stored.draft.tags:
        connection.execute(insert(note_tag), _tag_rows(stored))
    index_words(stored, is_new=before is None)
    _count_items(before, stored)
    _store_links(before, stored)
    _store_mentions(before, stored)
    if _tags_in_lists(before) != _tags_in_lists(stored):
        connection.execute(_COUNT_TAG_CHANGE[db.dialect()], {"owner": stored.owner_id})


def derive_again(stored: Note) -> None:
    """Store anew what is derived from a note: its words, the count of its items and its links, whatever there was."""
    key = {"owner": stored.owner_id, "id": stored.id}
    index_words(stored)
    db.connection().execute(_FORGET_CHECKLIST, key)
    db.connection().execute(_UNLINK, key)
    _count_items(None, stored)
    _store_links(None, stored)
    _store_mentions(None, stored)


def _count_items(before: Note | None, stored: Note) -> None:
    if before and before.draft.body == stored.draft.body:
        return
    if before and checklists.count(before.draft.body).total:
        db.connection().execute(_FORGET_CHECKLIST, {"owner": stored.owner_id, "id": stored.id})
    counted = checklists.count(stored.draft.body)
    if counted.total:
        key = {"owner_id": stored.owner_id, "note_id": stored.id}
        db.connection().execute(insert(note_checklist), key | counted._asdict())


def _store_links(before: Note | None, stored: Note) -> None:
    links = wikilinks.find(stored.draft.body)
    links_before = wikilinks.find(before.draft.body) if before else []
    if links == links_before:
        return
    if links_before:
        db.connection().execute(_UNLINK, {"owner": stored.owner_id, "id": stored.id})
    if links:
        key = {"owner_id": stored.owner_id, "note_id": stored.id}
        db.connection().execute(_LINK, [key | {"title": title} for title in links])


def _store_mentions(before: Note | None, stored: Note) -> None:
    """Take down which files the text mentions; what only a former version mentions, its note still does."""
    mentioned = files.find(stored.draft.body) - (files.find(before.draft.body) if before else set())
    if mentioned:
        files.mention(stored.owner_id, stored.id, mentioned)


def _tags_in_lists(of: Note | None) -> tuple[str, ...]:
    """Return the tags that a list of all tags has by this note: see tag_names.TAGS."""
    return of.draft.tags if of and of.place == "notes" else ()


def _tag_rows(stored: Note) -> list[dict[str, Any]]:
    tagged = {
        "owner_id": stored.owner_id,
        "note_id": stored.id,
        "place": stored.place,
        "list_order": list_order(stored, stored.changed_at),
    }
    return [tagged | {"tag": tidy_tag(name), "name": name} for name in stored.draft.tags]


def index_words(stored: Note, *, is_new: bool = False) -> None:
    """Bring the full-text index in line with the note, in a transaction that has locked it."""
    connection = db.connection()
    key = {"owner": stored.owner_id, "id": stored.id}
    if not is_new:
        connection.execute(REMOVE_FROM_SEARCH[db.dialect()], key)
    if stored.place != "trash":
        found_by = tokens.index_text(stored.owner_id, stored.draft, stored.pinned, stored.place == "archive")
        connection.execute(ADD_TO_SEARCH[db.dialect()], key | {"words": found_by})

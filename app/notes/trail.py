"""The trail: what was done with which notes, when, by whom and from where; docs/adr/0033 says what is in it and why.

A row for each note, in the transaction of the change, so that a batch hides none and nothing happens without one. It
holds no text: a note that is deleted for good leaves its number alone.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from flask import g
from sqlalchemy import Row, Select, delete, insert, select

from app import clock, db
from app.accounts import actors
from app.accounts.models import account
from app.jobs import Job
from app.notes.models import note, note_event

KIND = "forget trail"
DAYS_KEPT = 90
PAGE = 200  # rows
DELETED_AT_ONCE = 500

ACTIONS = {
    "notes": "Put among the notes",
    "archive": "Archived",
    "trash": "Moved to the trash",
    "emptied": "Deleted for good: the trash was emptied",
    "expired": "Deleted for good after thirty days in the trash",
    "imported": "Imported",
    "restored": "An earlier version was restored",
    "recovered": "Brought back from a backup",
    "changed": "Tags or status changed with others at once",
    "renamed tag": "A tag was renamed",
}

_action: ContextVar[str | None] = ContextVar("action", default=None)


# --- Writing -----------------------------------------------------------------------------------------------------


@contextmanager
def acting(action: str) -> Iterator[None]:
    """Let changes of notes in the block be recorded as this, where they change no place."""
    token = _action.set(action)
    try:
        yield
    finally:
        _action.reset(token)


def current_action() -> str | None:
    return _action.get()


def record(owner: int, note_ids: Sequence[int], action: str) -> None:
    """Write down what is done with these notes, in the caller's transaction and in one statement."""
    if not note_ids:
        return
    actor = actors.current()
    values = {
        "owner_id": owner,
        "at": clock.now_us(),
        "action": action,
        "actor": actor.kind,
        "credential": actor.credential,
        "device": actor.device,
        "client": actor.client,
        "request_id": _request_id(),
    }
    db.connection().execute(insert(note_event), [values | {"note_id": note_id} for note_id in note_ids])


def _request_id() -> str:
    """Return what holds the rows of one act together: the id of the request, or of this run of a command."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(16)
    found: str = g.request_id
    return found


# --- Reading -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """A note in an act; `heading` is None for one that is gone for good."""

    note_id: int
    heading: str | None
    place: str | None


@dataclass(frozen=True, slots=True)
class Act:
    """What was done at once, with one note or many; `by` names who did it."""

    at: datetime
    action: str
    by: str
    client: str
    request_id: str
    notes: Sequence[Step]


@dataclass(frozen=True, slots=True)
class Page:
    """Some acts, newest first; `before` begins the next page, None at the end."""

    acts: Sequence[Act]
    before: int | None


def page(owner: int, before: int | None = None, note_id: int | None = None) -> Page:
    """Return what was done with the owner's notes, or with one of them, before the row of that number."""
    rows = db.read(_newest(owner, before, note_id).limit(PAGE + 1)).all()
    # Not by the request's id alone: without a proxy of ours, whoever asks chooses it.
    acts = groupby(rows[:PAGE], key=lambda row: (row.request_id, row.action, row.actor, row.credential, row.client))
    return Page([_act(list(of_one)) for _, of_one in acts], rows[PAGE - 1].id if len(rows) > PAGE else None)


def _newest(owner: int, before: int | None, note_id: int | None) -> Select[tuple[object, ...]]:
    same = (note.c.owner_id == note_event.c.owner_id) & (note.c.id == note_event.c.note_id)
    found = select(note_event, note.c.title, note.c.excerpt, note.c.place)
    found = found.select_from(note_event.outerjoin(note, same)).where(note_event.c.owner_id == owner)
    if before is not None:
        found = found.where(note_event.c.id < before)
    if note_id is not None:
        found = found.where(note_event.c.note_id == note_id)
    return found.order_by(note_event.c.id.desc())


def _act(rows: Sequence[Row[tuple[object, ...]]]) -> Act:
    first = rows[0]
    steps = [Step(row.note_id, _heading(row), row.place) for row in rows]
    action = ACTIONS.get(first.action, first.action)  # a newer release may have written it, beside this one
    return Act(clock.to_datetime(first.at), action, _by(first), first.client, first.request_id, steps)


def _heading(row: Row[tuple[object, ...]]) -> str | None:
    if row.title is None:  # the note is gone
        return None
    heading: str = row.title or row.excerpt.partition("\n")[0].strip() or "Untitled"
    return heading


def _by(row: Row[tuple[object, ...]]) -> str:
    known = {
        "session": f"{row.device}, session {row.credential}" if row.credential else row.device,
        "token": f"API token {row.device}",
        "command": "the person who runs this site",
        "job": "by itself",
    }
    actor: str = row.actor
    return known.get(actor, actor)


# --- Forgetting --------------------------------------------------------------------------------------------------


def forget_old(_job: Job | None = None) -> None:
    """Delete what is older than ninety days, a little at a time."""
    oldest = clock.now_us() - DAYS_KEPT * clock.DAY
    for owner in db.read(select(account.c.id)).scalars().all():
        old = select(note_event.c.id).where(note_event.c.owner_id == owner, note_event.c.at < oldest)
        while ids := db.read(old.order_by(note_event.c.id).limit(DELETED_AT_ONCE)).scalars().all():
            _delete(owner, ids)


@db.in_transaction
def _delete(owner: int, ids: Sequence[int]) -> None:
    db.connection().execute(delete(note_event).where(note_event.c.owner_id == owner, note_event.c.id.in_(ids)))

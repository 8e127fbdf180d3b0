"""Creating notes: what is sent twice with one key is stored once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from itertools import islice
from typing import Any

from sqlalchemy import Row, insert, select
from sqlalchemy.exc import IntegrityError

from app import clock, db
from app.errors import Conflict
from app.files import service as files
from app.idempotency import check_key
from app.ids import new_id
from app.notes import changes
from app.notes.drafts import Draft
from app.notes.models import note, note_creation, note_revision
from app.notes.service.changing import save
from app.notes.service.note import KeyUsed, Note, Revision
from app.notes.service.reading import HISTORY_AT_ONCE, get
from app.notes.service.storing import content, index, row

ATTEMPTS_TO_CREATE = 8


def new_key() -> str:
    """Return a key for `create`, to be made where the intent arises: when the empty form is shown."""
    return secrets.token_urlsafe(18)


def create(owner: int, draft: Draft, key: str, *, pinned: bool = False) -> Note:
    """Store a new note and return it; the same `key` again returns the note of the first time.

    Raises Invalid for a draft that breaks a rule, and KeyUsed for a key used before with other content.
    """
    check_key(key)
    draft = draft.cleaned()
    digest = _digest(draft, pinned)
    for _ in range(ATTEMPTS_TO_CREATE):
        now = clock.now_us()
        try:
            return add(Note(owner, new_id(), 1, "notes", pinned, now, now, draft), key, digest)
        except IntegrityError:
            # Either the key was used before, or another note has this id.
            if created := _find_created(owner, key, digest):
                return created
    raise Conflict("The note could not be created; please try again.")


def create_or_merge(owner: int, draft: Draft, key: str, *, put_back: bool = False) -> Note:
    """Create a note, or save `draft` on top of what the same `key` has made before, and return it as it is now.

    That is meant by whoever goes back to the form of a note and writes on. Raises what `create` and `save` raise.
    """
    try:
        return create(owner, draft, key)
    except KeyUsed as used:
        return save(owner, used.note_id, 1, draft, put_back=put_back)


@db.in_transaction
def add(new: Note, key: str, digest: bytes, touched_at: int | None = None) -> Note:
    """Store `new` as it is. Raises IntegrityError when its key or id is taken.

    `touched_at` is the moment of its last change of any kind, which orders the trash and done tasks; now by default.
    """
    changes.lock(new.owner_id)
    connection = db.connection()
    connection.execute(
        insert(note_creation), {"owner_id": new.owner_id, "key": key, "note_id": new.id, "digest": digest}
    )
    connection.execute(insert(note), row(new, touched_at))
    index(None, new)
    changes.record(new.owner_id, [new.id])
    return new


@db.in_transaction
def add_history(of: Note, older: Iterable[Revision]) -> None:
    """Store the older contents of a note that came with them, a few at a time: there may be many."""
    key = {"owner_id": of.owner_id, "note_id": of.id}
    remaining = iter(older)
    while some := list(islice(remaining, HISTORY_AT_ONCE)):
        rows = [key | {"version": one.version, "replaced_at": one.replaced_at} | content(one.draft) for one in some]
        db.connection().execute(insert(note_revision), rows)
        for one in some:
            if mentioned := files.find(one.draft.body):
                files.mention(of.owner_id, of.id, mentioned)


def find_created(owner: int, key: str) -> int | None:
    """Return the id of the note that was created with `key`, which may be gone for good by now."""
    row = _creation(owner, key)
    return row.note_id if row else None


def _creation(owner: int, key: str) -> Row[Any] | None:
    statement = select(note_creation.c.note_id, note_creation.c.digest).where(
        note_creation.c.owner_id == owner, note_creation.c.key == key
    )
    row: Row[Any] | None = db.read(statement).one_or_none()
    return row


def _find_created(owner: int, key: str, digest: bytes) -> Note | None:
    """Return the note that was created with `key`. Raises NotFound when it was deleted for good since."""
    row = _creation(owner, key)
    if row is None:
        return None
    if row.digest != digest:
        raise KeyUsed(row.note_id)
    return get(owner, row.note_id)


def _digest(draft: Draft, pinned: bool) -> bytes:
    return hashlib.sha256(repr((draft, pinned)).encode()).digest()

"""Storing notes that come from elsewhere: a batch at a time, and each of them once, however often it is sent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from sqlalchemy import bindparam, select, text
from sqlalchemy.exc import IntegrityError

from app import clock, db
from app.errors import Conflict, NotFound
from app.files import service as files
from app.notes import service, trail
from app.notes.drafts import Draft
from app.notes.models import note_creation
from app.notes.service import Note, Revision

# SQLite's full-text index knows notes by their id alone, so there no two accounts may have the same. CROSS JOIN makes
# it look up each account's notes by their key; left to itself, it reads the whole index.
TAKEN = {
    "sqlite": text("SELECT note.id FROM account CROSS JOIN note ON note.owner_id = account.id AND note.id IN :ids"),
    "mysql": text("SELECT id FROM note WHERE owner_id = :owner AND id IN :ids"),
}
BATCH = 200
BATCH_LENGTH = 4 * 1024 * 1024  # characters of text


@dataclass(frozen=True, slots=True)
class IncomingNote:
    """A note from elsewhere. `key` names where it comes from and `digest` what it said there.

    With `as_it_was` it is the one that was exported from here or another instance: it keeps its id and its times.
    """

    note: Note
    key: str
    digest: bytes = bytes(32)
    as_it_was: bool = False
    touched_at: int | None = None
    history: Iterable[Revision] = ()


class Outcome(Enum):
    ADDED = "added"
    KNOWN = "here already"
    DIFFERS = "here already, with other content"


def new_note(owner: int, draft: Draft, created_at: int | None = None, changed_at: int | None = None) -> Note:
    """Return a note that has no history yet."""
    changed_at = changed_at if changed_at is not None else clock.now_us()
    created_at = created_at if created_at is not None else changed_at
    return Note(owner, service.new_id(), 1, "notes", False, created_at, max(created_at, changed_at), draft)


def store(owner: int, notes: Sequence[IncomingNote]) -> list[Outcome]:
    """Store all that are not here yet, and return what became of each."""
    for _ in range(service.ATTEMPTS_TO_CREATE):
        try:
            return _store(owner, notes)
        except IntegrityError:
            # Somebody else is storing the same or took an id: the next look finds it.
            continue
    raise Conflict("The notes could not be stored; please try again.")


@db.in_transaction
def _store(owner: int, notes: Sequence[IncomingNote]) -> list[Outcome]:
    created = _find_created(owner, [incoming.key for incoming in notes])
    taken = _find_taken(owner, [incoming.note.id for incoming in notes if incoming.as_it_was])
    outcomes, added = [], []
    for incoming in notes:
        outcome = _find_outcome(owner, incoming, created)
        if outcome is None:
            id_ = service.new_id() if incoming.note.id in taken else incoming.note.id
            _add(replace(incoming, note=replace(incoming.note, id=id_)))
            created[incoming.key] = (id_, incoming.digest)
            taken.add(id_)
            added.append(id_)
            outcome = Outcome.ADDED
        outcomes.append(outcome)
    trail.record(owner, added, trail.current_action() or "imported")
    return outcomes


def id_of(incoming: IncomingNote) -> int:
    """Return the number that an incoming note has here."""
    owner, key = incoming.note.owner_id, incoming.key
    note_id, _ = _find_created(owner, [key]).get(key, (incoming.note.id, b""))
    return note_id


@db.in_transaction
def mention_files(incoming: IncomingNote, file_ids: Collection[int]) -> None:
    """Take down that a note that is here mentions files, or did in an earlier version."""
    files.mention(incoming.note.owner_id, id_of(incoming), file_ids)


def _find_created(owner: int, keys: list[str]) -> dict[str, tuple[int, bytes]]:
    statement = select(note_creation.c.key, note_creation.c.note_id, note_creation.c.digest)
    rows = db.read(statement.where(note_creation.c.owner_id == owner, note_creation.c.key.in_(keys)))
    return {row.key: (row.note_id, row.digest) for row in rows}


def _find_taken(owner: int, ids: list[int]) -> set[int]:
    """Return which of the ids cannot be given to a note of the owner."""
    if not ids:
        return set()
    sqlite = db.connection().dialect.name == "sqlite"
    statement = TAKEN["sqlite" if sqlite else "mysql"].bindparams(bindparam("ids", expanding=True))
    parameters = {"ids": ids} if sqlite else {"ids": ids, "owner": owner}
    return set(db.read(statement, **parameters).scalars())


def _find_outcome(owner: int, incoming: IncomingNote, created: dict[str, tuple[int, bytes]]) -> Outcome | None:
    note_id, digest = created.get(incoming.key, (incoming.note.id, b""))
    if not incoming.as_it_was:
        if not digest:
            return None
        return Outcome.KNOWN if digest == incoming.digest else Outcome.DIFFERS
    try:
        current = service.get(owner, note_id)
    except NotFound:  # Deleted for good since, perhaps; then this is how it comes back.
        return None
    if current.created_at != incoming.note.created_at:  # another note that happens to have this id
        return None
    return Outcome.KNOWN if incoming.note.draft in _contents(current, incoming.note.version) else Outcome.DIFFERS


def _contents(current: Note, version: int) -> list[Draft]:
    """Return the content that the note has, and the one that it had at `version` if it has been there."""
    try:
        return [current.draft, service.content_at(current, version)]
    except NotFound:
        return [current.draft]


def _add(incoming: IncomingNote) -> None:
    if incoming.as_it_was:
        db.connection().execute(
            note_creation.delete().where(
                note_creation.c.owner_id == incoming.note.owner_id, note_creation.c.key == incoming.key
            )
        )
    service.add(incoming.note, incoming.key, incoming.digest, incoming.touched_at)
    service.add_history(incoming.note, incoming.history)

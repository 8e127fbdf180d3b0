"""Notes that come from elsewhere: stored a batch at a time, and each of them once, however often it is sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from sqlalchemy import bindparam, select, text
from sqlalchemy.exc import IntegrityError

from app import clock, db
from app.errors import Conflict, NotFound
from app.notes import service
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
class Arrival:
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


def new(owner: int, draft: Draft, created_at: int | None = None, changed_at: int | None = None) -> Note:
    """Return a note that has no history yet."""
    changed_at = changed_at if changed_at is not None else clock.now_us()
    created_at = created_at if created_at is not None else changed_at
    return Note(owner, service.new_id(), 1, "notes", False, created_at, max(created_at, changed_at), draft)


def store(owner: int, arrivals: Sequence[Arrival]) -> list[Outcome]:
    """Store all that are not here yet, and return what became of each."""
    for _ in range(service.ATTEMPTS_TO_CREATE):
        try:
            return _store(owner, arrivals)
        except IntegrityError:
            # Somebody else is storing the same or took an id: the next look finds it.
            continue
    raise Conflict("The notes could not be stored; please try again.")


@db.in_transaction
def _store(owner: int, arrivals: Sequence[Arrival]) -> list[Outcome]:
    created = _created(owner, [arrival.key for arrival in arrivals])
    taken = _taken(owner, [arrival.note.id for arrival in arrivals if arrival.as_it_was])
    outcomes = []
    for arrival in arrivals:
        outcome = _known(owner, arrival, created)
        if outcome is None:
            id_ = service.new_id() if arrival.note.id in taken else arrival.note.id
            _add(replace(arrival, note=replace(arrival.note, id=id_)))
            created[arrival.key] = (id_, arrival.digest)
            taken.add(id_)
            outcome = Outcome.ADDED
        outcomes.append(outcome)
    return outcomes


def _created(owner: int, keys: list[str]) -> dict[str, tuple[int, bytes]]:
    statement = select(note_creation.c.key, note_creation.c.note_id, note_creation.c.digest)
    rows = db.read(statement.where(note_creation.c.owner_id == owner, note_creation.c.key.in_(keys)))
    return {row.key: (row.note_id, row.digest) for row in rows}


def _taken(owner: int, ids: list[int]) -> set[int]:
    """Return which of the ids cannot be given to a note of the owner."""
    if not ids:
        return set()
    sqlite = db.connection().dialect.name == "sqlite"
    statement = TAKEN["sqlite" if sqlite else "mysql"].bindparams(bindparam("ids", expanding=True))
    parameters = {"ids": ids} if sqlite else {"ids": ids, "owner": owner}
    return set(db.read(statement, **parameters).scalars())


def _known(owner: int, arrival: Arrival, created: dict[str, tuple[int, bytes]]) -> Outcome | None:
    note_id, digest = created.get(arrival.key, (arrival.note.id, b""))
    if not arrival.as_it_was:
        if not digest:
            return None
        return Outcome.KNOWN if digest == arrival.digest else Outcome.DIFFERS
    try:
        current = service.get(owner, note_id)
    except NotFound:  # Deleted for good since, perhaps; then this is how it comes back.
        return None
    if current.created_at != arrival.note.created_at:  # another note that happens to have this id
        return None
    said = _content_at(current, arrival.note.version)
    return Outcome.KNOWN if arrival.note.draft in (said, current.draft) else Outcome.DIFFERS


def _content_at(current: Note, version: int) -> Draft:
    try:
        return service.revision(current.owner_id, current.id, version).draft
    except NotFound:
        return current.draft


def _add(arrival: Arrival) -> None:
    if arrival.as_it_was:
        db.connection().execute(
            note_creation.delete().where(
                note_creation.c.owner_id == arrival.note.owner_id, note_creation.c.key == arrival.key
            )
        )
    service.add(arrival.note, arrival.key, arrival.digest, arrival.touched_at)
    service.add_history(arrival.note, arrival.history)

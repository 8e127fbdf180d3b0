"""What can be done with one note. Every function takes the owner first and finds nothing of anybody else's.

Changes never get lost: a note carries a `version` that every change raises; a save names the version it is based on,
is merged with what was saved meanwhile, and leaves the replaced content as a revision.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from app import clock, db
from app.errors import Conflict, Invalid, NotFound, Stale
from app.notes import tokens
from app.notes.drafts import STATUSES, Draft, excerpt, tidy_tag
from app.notes.merging import Merged, merge
from app.notes.models import note, note_creation, note_revision, note_tag
from app.ops import metrics

DAYS_IN_TRASH = 30
PINNED = 2**60  # above every moment in microseconds, so that pinned notes come first
NO_DUE_DATE = 9_999_999
DONE = 2**52  # above every due date
ATTEMPTS = 8
PLACES = ("notes", "archive", "trash")
DELETED_AT_ONCE = 100
RENAMED_AT_ONCE = 200  # each is a save of its own
HISTORY_AT_ONCE = 20  # revisions: at most 5 MiB of text

Versions = Collection[int] | None
"""The versions of a note for which a change is meant; None for any."""


@dataclass(frozen=True, slots=True)
class Note:
    """A stored note. Moments are microseconds since 1970 (UTC); `place` is notes, archive or trash."""

    owner_id: int
    id: int
    version: int
    place: str
    pinned: bool
    created_at: int
    changed_at: int
    draft: Draft

    @property
    def heading(self) -> str:
        return self.draft.title or first_line(self.draft.body)


@dataclass(frozen=True, slots=True)
class Revision:
    """The content that a note had at `version` and until `replaced_at`."""

    version: int
    replaced_at: int
    draft: Draft


class EditConflict(Conflict):
    """Both sides changed the same lines or fields; nothing was saved and nothing is thrown away.

    `mine` is what was sent, `current` the note as it is now, `merged` both together with the collisions marked.
    """

    message = "This note was changed somewhere else while you were editing it."

    def __init__(self, mine: Draft, current: Note, merged: Merged) -> None:
        self.mine, self.current, self.merged = mine, current, merged
        super().__init__()


class Moved(Stale):
    """The note is no longer at the version that the change was meant for; `current` is the note as it is."""

    def __init__(self, current: Note) -> None:
        self.current = current
        super().__init__()


def first_line(body: str) -> str:
    return body.lstrip().split("\n", 1)[0].lstrip("# ").strip() or "Untitled"


# --- Reading -----------------------------------------------------------------------------------------------------

_THE_NOTE = note.c.owner_id == bindparam("owner"), note.c.id == bindparam("id")
_NOTE = select(note).where(*_THE_NOTE)
_LOCK = select(note.c.id).where(*_THE_NOTE).with_for_update()


def get(owner: int, note_id: int) -> Note:
    """Return the owner's note. Raises NotFound."""
    row = db.read(_NOTE, owner=owner, id=note_id).one_or_none()
    if row is None:
        raise NotFound("There is no such note.")
    return from_row(row)


def revisions(owner: int, note_id: int, before: int = 2**31, limit: int = 100) -> Sequence[Row[Any]]:
    """Return version, replaced_at and title of the newest revisions older than version `before`, newest first."""
    statement = (
        select(note_revision.c.version, note_revision.c.replaced_at, note_revision.c.title)
        .where(note_revision.c.owner_id == owner, note_revision.c.note_id == note_id, note_revision.c.version < before)
        .order_by(note_revision.c.version.desc())
        .limit(limit)
    )
    found: Sequence[Row[Any]] = db.read(statement).all()
    return found


def revision(owner: int, note_id: int, version: int) -> Revision:
    """Return the content that the note had at an older `version`. Raises NotFound.

    Not every change of version changes the content (pinning does not), so it is the first one kept since then.
    """
    statement = (
        select(note_revision)
        .where(
            note_revision.c.owner_id == owner,
            note_revision.c.note_id == note_id,
            note_revision.c.version >= version,
        )
        .order_by(note_revision.c.version)
        .limit(1)
    )
    row = db.read(statement).one_or_none()
    if row is None:
        raise NotFound("There is no such version of this note.")
    return Revision(row.version, row.replaced_at, _draft(row))


def each(owner: int, at_once: int = 100) -> Iterator[tuple[Note, int | None]]:
    """Yield all notes of the owner by their ids, each with the moment that `add` calls touched_at, if it matters."""
    statement = select(note).where(note.c.owner_id == owner, note.c.id > bindparam("after"))
    after = 0
    while rows := db.read(statement.order_by(note.c.id).limit(at_once), after=after).all():
        for row in rows:
            yield from_row(row), _touched_at(row)
        after = rows[-1].id


def history(of: Note) -> Iterator[Revision]:
    """Yield all older contents of the note, oldest first."""
    statement = select(note_revision).where(
        note_revision.c.owner_id == of.owner_id,
        note_revision.c.note_id == of.id,
        note_revision.c.version > bindparam("after"),
        note_revision.c.version < of.version,  # what was replaced after `of` was read belongs to a later state
    )
    after = 0
    page = statement.order_by(note_revision.c.version).limit(HISTORY_AT_ONCE)
    while rows := db.read(page, after=after).all():
        for row in rows:
            yield Revision(row.version, row.replaced_at, _draft(row))
        after = rows[-1].version


def _touched_at(row: Row[Any]) -> int | None:
    """Return what list_order or task_order was made from."""
    touched_at: int | None = None
    if row.place == "trash":
        touched_at = row.list_order
    elif row.status == "done":
        touched_at = 2 * DONE - row.task_order
    return touched_at


def from_row(row: Row[Any]) -> Note:
    return Note(
        row.owner_id, row.id, row.version, row.place, bool(row.pinned), row.created_at, row.changed_at, _draft(row)
    )


def _draft(row: Row[Any]) -> Draft:
    return Draft(row.title, row.body, tuple(row.tags.split()), row.status, row.due_on)


# --- Creating ----------------------------------------------------------------------------------------------------


def new_key() -> str:
    """Return a key for `create`, to be made where the intent arises: when the empty form is shown."""
    return secrets.token_urlsafe(18)


def create(owner: int, draft: Draft, key: str, *, pinned: bool = False) -> Note:
    """Store a new note and return it; the same `key` again returns the note of the first time.

    Raises Invalid for a draft that breaks a rule, and for a key used before with other content.
    """
    if not (1 <= len(key) <= 64 and key.isascii() and key.isprintable()):
        raise Invalid({"key": "A key has 1 to 64 printable ASCII characters."})
    draft = draft.cleaned()
    digest = _digest(draft, pinned)
    created = _created(owner, key, digest)
    for _ in range(ATTEMPTS):
        if created:
            return created
        now = clock.now_us()
        try:
            return add(Note(owner, new_id(), 1, "notes", pinned, now, now, draft), key, digest)
        except IntegrityError:
            # Either the same key was faster, which the next look finds, or another note has this id.
            created = _created(owner, key, digest)
    raise Conflict("The note could not be created; please try again.")


@db.in_transaction
def add(new: Note, key: str, digest: bytes, touched_at: int | None = None) -> Note:
    """Store `new` as it is. Raises IntegrityError when its key or id is taken.

    `touched_at` is the moment of its last change of any kind, which orders the trash and done tasks; now by default.
    """
    connection = db.connection()
    connection.execute(
        insert(note_creation), {"owner_id": new.owner_id, "key": key, "note_id": new.id, "digest": digest}
    )
    connection.execute(insert(note), _row(new, touched_at))
    _index(None, new)
    return new


@db.in_transaction
def add_history(of: Note, older: Iterable[Revision]) -> None:
    """Store the older contents of a note that came with them, a few at a time: there may be many."""
    key = {"owner_id": of.owner_id, "note_id": of.id}
    remaining = iter(older)
    while some := list(islice(remaining, HISTORY_AT_ONCE)):
        rows = [key | {"version": one.version, "replaced_at": one.replaced_at} | _content(one.draft) for one in some]
        db.connection().execute(insert(note_revision), rows)


def _created(owner: int, key: str, digest: bytes) -> Note | None:
    """Return the note that was created with `key`. Raises NotFound when it was deleted for good since."""
    statement = select(note_creation.c.note_id, note_creation.c.digest).where(
        note_creation.c.owner_id == owner, note_creation.c.key == key
    )
    row = db.read(statement).one_or_none()
    if row is None:
        return None
    if row.digest != digest:
        raise Invalid({"key": "This was sent before with other content; it was saved then."})
    return get(owner, row.note_id)


def _digest(draft: Draft, pinned: bool) -> bytes:
    return hashlib.sha256(repr((draft, pinned)).encode()).digest()


_ids = {"last": 0}
_ids_lock = threading.Lock()


def new_id() -> int:
    """Return an id that sorts by time and fits in 53 bits, so that JavaScript can hold it.

    Milliseconds since 2020 and twelve random bits; in one process ids only rise. Two processes may meet: the
    primary key says so, and the caller tries again.
    """
    milliseconds = clock.now_us() // 1000 - 1_577_836_800_000
    with _ids_lock:
        _ids["last"] = max(_ids["last"] + 1, milliseconds << 12 | secrets.randbits(12))
        return _ids["last"]


# --- Changing ----------------------------------------------------------------------------------------------------


def save(owner: int, note_id: int, base_version: int, mine: Draft) -> Note:
    """Save `mine`, which was written on top of `base_version`, and return the note as it is now.

    What was saved meanwhile is merged. Raises Invalid, NotFound, or EditConflict where both changed the same lines.
    """
    mine = mine.cleaned()

    def content(current: Note) -> Draft:
        if current.version == base_version:
            return mine
        if current.version < base_version:
            raise NotFound("There is no such version of this note.")
        base = content_at(current, base_version)
        merged = merge(base, mine, current.draft)
        if merged.collisions:
            raise EditConflict(mine, current, merged)
        metrics.MERGES.inc()
        return merged.draft.cleaned()

    def saved(current: Note) -> Note:
        # Whoever saves a note that was thrown away meanwhile wants to keep it.
        place = "notes" if current.place == "trash" else current.place
        return replace(current, draft=content(current), place=place)

    return _change(owner, note_id, saved)


def set_status(owner: int, note_id: int, status: str, versions: Versions = None) -> Note:
    """Make the note a task that is open or done, or no task (none)."""
    if status not in STATUSES:
        raise Invalid({"status": "A status is none, open or done."})
    return _change(owner, note_id, lambda at: replace(at, draft=replace(at.draft, status=status)), versions)


def set_pinned(owner: int, note_id: int, pinned: bool) -> Note:
    return _change(owner, note_id, lambda current: replace(current, pinned=pinned))


def move(owner: int, note_id: int, place: str, versions: Versions = None) -> Note:
    """Put the note into `place`: notes, archive or trash. From the trash it goes for good after thirty days."""
    return update_fields(owner, note_id, {"place": place}, versions)


def update_fields(owner: int, note_id: int, changes: Mapping[str, Any], versions: Versions = None) -> Note:
    """Set some of the note's fields: those of a Draft, `pinned` and `place`; nothing is merged."""
    if changes.get("place", "notes") not in PLACES:
        raise Invalid({"place": "A place is notes, archive or trash."})
    content = {name: value for name, value in changes.items() if name not in {"pinned", "place"}}
    around = {name: value for name, value in changes.items() if name in {"pinned", "place"}}

    def changed(current: Note) -> Note:
        draft = replace(current.draft, **content).cleaned() if content else current.draft
        return replace(current, draft=draft, **around)

    now = _change(owner, note_id, changed, versions)
    if changes.get("place") == "trash":
        purge_trash(owner)
    return now


def restore(owner: int, note_id: int, version: int, versions: Versions = None) -> Note:
    """Make the content of an older `version` the newest one; the present content stays as a revision."""
    return _change(owner, note_id, lambda current: replace(current, draft=content_at(current, version)), versions)


def rename_tag(owner: int, old: str, new: str, at_most: int = RENAMED_AT_ONCE) -> tuple[int, bool]:
    """Call a tag `new` on notes that have it, also in the archive; return on how many, and whether that was all.

    What is in the trash keeps its tags. A note that has both afterwards has one.
    """
    old, new = tidy_tag(old), tidy_tag(new)
    Draft("-", tags=(new,)).cleaned()
    if old == new or not new:
        raise Invalid({"tags": "Give the tag another name."})
    tagged = select(note_tag.c.note_id).where(note_tag.c.owner_id == owner, note_tag.c.tag == old)
    ids = [
        note_id
        for place in ("notes", "archive")
        for note_id in db.read(tagged.where(note_tag.c.place == place).limit(at_most + 1)).scalars()
    ]
    for note_id in ids[:at_most]:
        _change(owner, note_id, lambda at: replace(at, draft=_renamed(at.draft, old, new)), touches=False)
    return min(len(ids), at_most), len(ids) <= at_most


def _renamed(draft: Draft, old: str, new: str) -> Draft:
    if old not in draft.tags:
        return draft
    return replace(draft, tags=tuple(sorted({*draft.tags, new} - {old})))


def content_at(current: Note, version: int) -> Draft:
    """Return the content that the note had at an older `version`, or has. Raises NotFound."""
    try:
        return revision(current.owner_id, current.id, version).draft
    except NotFound:
        if 1 <= version <= current.version:  # nothing but pinning and moving has happened since
            return current.draft
        raise


def _change(
    owner: int, note_id: int, change: Callable[[Note], Note], versions: Versions = None, *, touches: bool = True
) -> Note:
    """Store what `change` makes of the note; when somebody else was faster, lock the note and do it again.

    Raises Moved when the note is at none of `versions`. What does not touch it leaves it in its place in the list.
    """

    def attempt() -> Note | None:
        return _attempt(owner, note_id, change, versions, touches)

    return attempt() or _locked(owner, note_id, attempt)


@db.in_transaction
def _locked(owner: int, note_id: int, attempt: Callable[[], Note | None]) -> Note:
    if db.dialect() == "mysql":  # on SQLite the transaction itself is the lock
        db.read(_LOCK, owner=owner, id=note_id)
    changed = attempt()
    if changed is None:
        raise Conflict("This note is being changed too often right now; please try again.")
    return changed


def _attempt(
    owner: int, note_id: int, change: Callable[[Note], Note], versions: Versions, touches: bool
) -> Note | None:
    """Return the changed note, None when somebody else changed it between our reading and writing."""
    current = get(owner, note_id)
    if versions is not None and current.version not in versions:
        raise Moved(current)
    changed = change(current)
    if changed == current:
        return current
    now = clock.now_us()
    changed_at = now if touches and _is_rewritten(current.draft, changed.draft) else current.changed_at
    changed = replace(changed, version=current.version + 1, changed_at=changed_at)
    return changed if _store(current, changed, now) else None


def _is_rewritten(before: Draft, after: Draft) -> bool:
    """Tell a new text, which moves a note to the top of its list, from a turned status."""
    return (before.title, before.body, before.tags) != (after.title, after.body, after.tags)


@db.in_transaction
def _store(current: Note, changed: Note, now: int) -> bool:
    """Replace `current` by `changed`; return False when the note is no longer at the version of `current`."""
    connection = db.connection()
    unchanged = (
        note.c.owner_id == current.owner_id,
        note.c.id == current.id,
        note.c.version == current.version,
    )
    if connection.execute(update(note).where(*unchanged).values(_row(changed, now))).rowcount == 0:
        return False
    if changed.draft != current.draft:
        kept = {"owner_id": current.owner_id, "note_id": current.id, "version": current.version, "replaced_at": now}
        connection.execute(insert(note_revision), kept | _content(current.draft))
    _index(current, changed)
    return True


# --- Trash -------------------------------------------------------------------------------------------------------


def empty_trash(owner: int, moved_before: int | None = None) -> int:
    """Delete the owner's trash for good, or what was put there before a moment; return how many notes went.

    A few at a time: deleting all of a large trash in one statement takes longer than a statement may.
    """
    some = select(note.c.id).where(note.c.owner_id == owner, note.c.place == "trash").limit(DELETED_AT_ONCE)
    if moved_before is not None:
        some = some.where(note.c.list_order < moved_before)
    deleted = 0
    while ids := db.read(some).scalars().all():
        deleted += _delete(owner, ids)
    return deleted


@db.in_transaction
def _delete(owner: int, ids: Sequence[int]) -> int:
    # Still only from the trash: somebody may have taken one out meanwhile.
    gone = delete(note).where(note.c.owner_id == owner, note.c.id.in_(ids), note.c.place == "trash")
    deleted: int = db.connection().execute(gone).rowcount
    return deleted


def purge_trash(owner: int) -> int:
    """Delete what has been in the owner's trash for thirty days; return how many notes went.

    Happens whenever something is put there, and for everybody by `flask notes purge`.
    """
    return empty_trash(owner, clock.now_us() - int(timedelta(days=DAYS_IN_TRASH).total_seconds() * 1_000_000))


# --- What the tables hold of a note ------------------------------------------------------------------------------


def _row(stored: Note, now: int | None = None) -> dict[str, Any]:
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
    } | _content(stored.draft)


def _content(draft: Draft) -> dict[str, Any]:
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
        return now
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


_UNTAG = delete(note_tag).where(note_tag.c.owner_id == bindparam("owner"), note_tag.c.note_id == bindparam("id"))
_INDEX = {
    "sqlite": text("INSERT INTO note_search (rowid, words) VALUES (:id, :words)"),
    "mysql": text("INSERT INTO note_search (owner_id, note_id, words) VALUES (:owner, :id, :words)"),
}
_UNINDEX = {
    "sqlite": text("DELETE FROM note_search WHERE rowid = :id"),
    "mysql": text("DELETE FROM note_search WHERE owner_id = :owner AND note_id = :id"),
}


_TAGS_CHANGED = {
    "sqlite": text(
        "INSERT INTO tag_change (owner_id, number) VALUES (:owner, 1)"
        " ON CONFLICT (owner_id) DO UPDATE SET number = number + 1"
    ),
    "mysql": text(
        "INSERT INTO tag_change (owner_id, number) VALUES (:owner, 1) ON DUPLICATE KEY UPDATE number = number + 1"
    ),
}


def _index(before: Note | None, stored: Note) -> None:
    """Bring the tags and the full-text index in line with the note; what is in the trash is in neither."""
    connection = db.connection()
    key = {"owner": stored.owner_id, "id": stored.id}
    if before:
        connection.execute(_UNTAG, key)
    if stored.place != "trash" and stored.draft.tags:
        connection.execute(insert(note_tag), _tag_rows(stored))
    index_words(stored, is_new=before is None)
    if _tags_listed(before) != _tags_listed(stored):
        connection.execute(_TAGS_CHANGED[db.dialect()], {"owner": stored.owner_id})


def _tags_listed(of: Note | None) -> tuple[str, ...]:
    """Return the tags that a list of all tags has by this note: see pages.TAGS."""
    return of.draft.tags if of and of.place == "notes" else ()


def _tag_rows(stored: Note) -> list[dict[str, Any]]:
    tagged = {
        "owner_id": stored.owner_id,
        "note_id": stored.id,
        "place": stored.place,
        "list_order": list_order(stored, stored.changed_at),
    }
    return [tagged | {"tag": tag} for tag in stored.draft.tags]


def index_words(stored: Note, *, is_new: bool = False) -> None:
    """Bring the full-text index in line with the note, in a transaction that has locked it."""
    connection = db.connection()
    key = {"owner": stored.owner_id, "id": stored.id}
    if not is_new:
        connection.execute(_UNINDEX[db.dialect()], key)
    if stored.place != "trash":
        found_by = tokens.index_text(stored.owner_id, stored.draft, stored.pinned, stored.place == "archive")
        connection.execute(_INDEX[db.dialect()], key | {"words": found_by})

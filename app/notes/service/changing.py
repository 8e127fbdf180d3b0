"""Changing a note: nothing gets lost.

A note carries a `version` that every change raises; a save names the version it is based on, is merged with what was
saved meanwhile, and leaves the replaced content as a revision.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import insert, select, update

from app import clock, db, jobs
from app.errors import Conflict, Invalid, NotFound
from app.notes import checklists, trail, wikilinks
from app.notes.changes import lock, record
from app.notes.drafts import STATUSES, Draft, spell_tag, tidy_tag
from app.notes.merging import merge
from app.notes.models import note, note_link, note_revision, note_tag
from app.notes.service.note import PLACES, EditConflict, InTrash, ItemChanged, Moved, Note, Versions
from app.notes.service.reading import THE_NOTE, content_at, get
from app.notes.service.storing import content as content_of
from app.notes.service.storing import index, row
from app.notes.service.trash import purge_trash
from app.ops import metrics

RENAMED_AT_ONCE = 200  # each is a save of its own; what is more is done by a job
FOLLOW = "follow links"  # the kind of that job

LOCK = select(note.c.id).where(*THE_NOTE).with_for_update()


def save(owner: int, note_id: int, base_version: int, mine: Draft, *, put_back: bool = False) -> Note:
    """Save `mine`, which was written on top of `base_version`, and return the note as it is now.

    What was saved meanwhile is merged. Raises Invalid, NotFound, EditConflict where both changed the same lines, and
    InTrash, unless a note in the trash is to be `put_back`.
    """
    mine = mine.cleaned()

    def saved(current: Note) -> Note:
        return replace(current, draft=_merged(current, base_version, mine))

    return _change(owner, note_id, _out_of_trash(saved, put_back))


def _merged(current: Note, base_version: int, mine: Draft) -> Draft:
    """Return `mine`, which was meant for `base_version`, with what was saved since. Raises NotFound, EditConflict."""
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


def set_status(
    owner: int, note_id: int, status: str, versions: Versions = None, *, put_back: bool | None = None
) -> Note:
    """Make the note a task that is open or done, or no task (none), which takes its due date away.

    A note in the trash is changed there (`put_back` is None), refused with InTrash (False), or put back, too (True).
    """
    if status not in STATUSES:
        raise Invalid({"status": "A status is none, open or done."})

    def changed(current: Note) -> Note:
        return replace(current, draft=_with_fields(current.draft, {"status": status}))

    return _change(owner, note_id, changed if put_back is None else _out_of_trash(changed, put_back), versions)


def make_task(owner: int, note_id: int) -> Note:
    """Make a plain note an open task; one that is a task stays as it is, also if it is done."""

    def changed(current: Note) -> Note:
        is_task = current.draft.status != "none"
        return current if is_task else replace(current, draft=_with_fields(current.draft, {"status": "open"}))

    return _change(owner, note_id, changed)


def set_item(owner: int, note_id: int, base_version: int, line: int, done: bool) -> Note:
    """Tick the item in a line of the text at `base_version`, counted from 0, or untick it, wherever it is by now.

    Raises NotFound, Invalid for a line that is no item, ItemChanged for one that was changed meanwhile, and InTrash.
    """

    def changed(current: Note) -> Note:
        base = content_at(current, base_version).body
        if checklists.tick(base, line, done=done) is None:
            raise Invalid({"line": checklists.NO_ITEM})
        now = line if base == current.draft.body else checklists.follow(line, base, current.draft.body)
        body = None if now is None else checklists.tick(current.draft.body, now, done=done)
        if body is None:
            raise ItemChanged(current)
        return replace(current, draft=replace(current.draft, body=body))

    return _change(owner, note_id, _out_of_trash(changed, put_back=False))


def set_pinned(owner: int, note_id: int, pinned: bool, *, put_back: bool = False) -> Note:
    """Pin the note to the top of its list, or no longer. Raises InTrash unless it is to be `put_back` from there."""
    return _change(owner, note_id, _out_of_trash(lambda current: replace(current, pinned=pinned), put_back))


def _out_of_trash(change: Callable[[Note], Note], put_back: bool) -> Callable[[Note], Note]:
    """Return `change` as one that a note in the trash refuses with InTrash, or that puts it back."""

    def changed(current: Note) -> Note:
        if current.place != "trash":
            return change(current)
        if not put_back:
            raise InTrash(current)
        return replace(change(current), place="notes")

    return changed


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
        draft = _with_fields(current.draft, content).cleaned() if content else current.draft
        return replace(current, draft=draft, **around)

    now = _change(owner, note_id, changed, versions)
    if changes.get("place") == "trash":
        purge_trash(owner)
    return now


def _with_fields(draft: Draft, fields: Mapping[str, Any]) -> Draft:
    if fields.get("status") == "none" and "due_on" not in fields:
        return replace(draft, **fields, due_on=None)
    return replace(draft, **fields)


def restore(
    owner: int, note_id: int, version: int, versions: Versions = None, *, base_version: int | None = None
) -> Note:
    """Make the content of an older `version` the newest one; the present content stays as a revision.

    What was saved since `base_version`, which the person saw, is merged, as by `save`; without it, it is replaced.
    """

    def restored(current: Note) -> Note:
        earlier = content_at(current, version)
        return replace(current, draft=earlier if base_version is None else _merged(current, base_version, earlier))

    with trail.acting("restored"):
        return _change(owner, note_id, restored, versions)


def change_tags(owner: int, note_id: int, tag: str, *, has: bool) -> Note:
    """Give the note a tag, or take it away; it stays where it is in its list. Raises Invalid and NotFound."""

    def changed(current: Note) -> Note:
        others = tuple(name for name in current.draft.tags if tidy_tag(name) != tidy_tag(tag))
        if has == (len(others) < len(current.draft.tags)):
            return current
        tags = (*others, tag) if has else others
        return replace(current, draft=replace(current.draft, tags=tags).cleaned())

    return _change(owner, note_id, changed, touches=False)


def rename_tag(owner: int, old: str, new: str, at_most: int = RENAMED_AT_ONCE) -> tuple[int, bool]:
    """Call a tag `new` on notes that have it, also in the archive; return on how many, and whether that was all.

    What is in the trash keeps its tags. A note that has both afterwards has one. Raises Invalid, and NotFound for a tag
    that no note has.
    """
    old, new = tidy_tag(old), spell_tag(new)
    Draft("-", tags=(new,)).cleaned()
    if not new:
        raise Invalid({"tags": "Give the tag another name."})
    # The same tag in another spelling is renamed where it is not spelled so yet.
    spelled_otherwise = note_tag.c.name.is_(None) | (note_tag.c.name != new)
    tagged = select(note_tag.c.note_id).where(note_tag.c.owner_id == owner, note_tag.c.tag == old, spelled_otherwise)
    ids = [
        note_id
        for place in ("notes", "archive")
        for note_id in db.read(tagged.where(note_tag.c.place == place).limit(at_most + 1)).scalars()
    ]
    if not ids and tidy_tag(new) != old:
        raise NotFound("No note has this tag.")
    with trail.acting("renamed tag"):
        for note_id in ids[:at_most]:
            _change(owner, note_id, lambda at: replace(at, draft=_rename(at.draft, old, new)), touches=False)
    return min(len(ids), at_most), len(ids) <= at_most


def _rename(draft: Draft, old: str, new: str) -> Draft:
    others = [tag for tag in draft.tags if tidy_tag(tag) != old]
    return draft if len(others) == len(draft.tags) else replace(draft, tags=(new, *others)).cleaned()


def _change(
    owner: int, note_id: int, change: Callable[[Note], Note], versions: Versions = None, *, touches: bool = True
) -> Note:
    """Store what `change` makes of the note; when somebody else was faster, lock the note and do it again.

    Raises Moved when the note is at none of `versions`. What does not touch it leaves it in its place in the list.
    """

    title = ""

    def changed(current: Note) -> Note:
        nonlocal title
        title = current.draft.title
        return change(current)

    def attempt() -> Note | None:
        return _attempt(owner, note_id, changed, versions, touches)

    now = attempt() or _locked(owner, note_id, attempt)
    if touches and _is_renamed(title, now.draft.title) and follow(owner, {title: now.draft.title}, RENAMED_AT_ONCE):
        jobs.cancel(FOLLOW, _key_of_following(note_id, title))
    return now


# --- Links to a note that was renamed --------------------------------------------------------------------------------


def follow(owner: int, titles: Mapping[str, str], at_most: int | None = None, *, keep_words: bool = False) -> bool:
    """Let links to former titles lead to the present ones, unless a note has the former; return False for too many.

    Each text is one save of its own, so doing it twice is harmless. `keep_words` is that of wikilinks.rename.
    """
    leading: defaultdict[int, list[str]] = defaultdict(list)  # the former titles that a note links to
    for old, new in titles.items():
        if wikilinks.can_be_linked(new) and not _is_title(owner, old):
            linking = select(note_link.c.note_id).where(note_link.c.owner_id == owner, note_link.c.title == old)
            ordered = linking.order_by(note_link.c.note_id)
            for note_id in db.read(ordered.limit(None if at_most is None else at_most + 1)).scalars():
                leading[note_id].append(old)

    def renamed(current: Note) -> Note:
        body = current.draft.body
        for old in leading[current.id]:
            body = wikilinks.rename(body, old, titles[old], keep_words=keep_words)
        return replace(current, draft=replace(current.draft, body=body).cleaned())

    for note_id in sorted(leading)[:at_most]:
        try:
            _change(owner, note_id, renamed, touches=False)
        except (Conflict, Invalid, NotFound):  # changed too often, full to the last byte, or gone: its link stays
            continue
    return at_most is None or len(leading) <= at_most


def follow_by_job(job: jobs.Job) -> None:
    """Let the links follow that a rename had no time for, to the title that the note has by now."""
    assert job.owner_id is not None
    try:
        now = get(job.owner_id, job.content["note"])
    except NotFound:
        return
    if _is_renamed(job.content["old"], now.draft.title):
        follow(job.owner_id, {job.content["old"]: now.draft.title})


def _add_job_to_follow(current: Note, changed: Note) -> None:
    """Let links follow also when this process dies, or when there are too many for one request."""
    old = current.draft.title
    linking = select(note_link.c.note_id).where(note_link.c.owner_id == current.owner_id, note_link.c.title == old)
    if _is_renamed(old, changed.draft.title) and db.read(linking.limit(1)).first():
        jobs.add(
            FOLLOW,
            _key_of_following(current.id, old),
            {"note": current.id, "old": old},
            owner_id=current.owner_id,
            run_at=clock.now_us() + clock.MINUTE,
        )


def _is_renamed(old: str, new: str) -> bool:
    return bool(old) and old != new


def _is_title(owner: int, title: str) -> bool:
    stored = note.c.title.collate("NOCASE") if db.dialect() == "sqlite" else note.c.title  # as its index has it
    same = select(note.c.id).where(note.c.owner_id == owner, note.c.place.in_(["notes", "archive"]), stored == title)
    return db.read(same.limit(1)).first() is not None


def _key_of_following(note_id: int, old: str) -> str:
    return f"{note_id}-{hashlib.sha256(old.encode()).hexdigest()[:40]}"


# --- Storing ---------------------------------------------------------------------------------------------------------


@db.in_transaction
def _locked(owner: int, note_id: int, attempt: Callable[[], Note | None]) -> Note:
    lock(owner)
    if db.dialect() == "mysql":
        db.read(LOCK, owner=owner, id=note_id)  # against a task of an earlier release, which locks no owner
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
    # The clock of another server may be ahead of this one's; the moments of a note only rise.
    now = max(clock.now_us(), current.changed_at + 1)
    changed_at = now if touches and _is_rewritten(current.draft, changed.draft) else current.changed_at
    changed = replace(changed, version=current.version + 1, changed_at=changed_at)
    return changed if _store(current, changed, now) else None


def _is_rewritten(before: Draft, after: Draft) -> bool:
    """Tell a new text, which moves a note to the top of its list, from a turned status."""
    return (before.title, before.body, before.tags) != (after.title, after.body, after.tags)


@db.in_transaction
def _store(current: Note, changed: Note, now: int) -> bool:
    """Replace `current` by `changed`; return False when the note is no longer at the version of `current`."""
    lock(current.owner_id)
    connection = db.connection()
    unchanged = (
        note.c.owner_id == current.owner_id,
        note.c.id == current.id,
        note.c.version == current.version,
    )
    if connection.execute(update(note).where(*unchanged).values(row(changed, now))).rowcount == 0:
        return False
    if changed.draft != current.draft:
        replaced = {"owner_id": current.owner_id, "note_id": current.id, "version": current.version, "replaced_at": now}
        connection.execute(insert(note_revision), replaced | content_of(current.draft))
    index(current, changed)
    record(current.owner_id, [current.id])
    if action := changed.place if changed.place != current.place else trail.current_action():
        trail.record(current.owner_id, [current.id], action)
    _add_job_to_follow(current, changed)
    return True

"""The same change to several notes: each note is changed by itself, as its own button would do it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.errors import Conflict, Invalid, NotFound
from app.notes import trail
from app.notes.drafts import tidy_tag
from app.notes.service.changing import change_tags, make_task, move, set_status
from app.notes.service.note import Note
from app.notes.service.reading import get

NOTES_AT_ONCE = 100

Change = Callable[[int, int], Note]
"""Changes the note of an owner by its id, and returns it as it is now."""


def find_change(command: str) -> Change:
    """Return what a command does: `place:trash`, `status:open`, `tag:home`, `untag:home`. Raises Invalid."""
    kind, _, value = command.partition(":")
    if kind == "place":
        return lambda owner, note_id: move(owner, note_id, value)
    if command == "status:open":
        return make_task
    if kind == "status":
        return lambda owner, note_id: set_status(owner, note_id, value)
    if kind in {"tag", "untag"} and tidy_tag(value):
        return lambda owner, note_id: change_tags(owner, note_id, value, has=kind == "tag")
    raise Invalid({"do": "Say what to do with the notes: a place, a status, or a tag that is given."})


def change_all(owner: int, note_ids: Sequence[int], command: str) -> list[int]:
    """Do what `command` says with each of the notes; return which of them it has changed.

    A note that is gone, or that somebody changes at that moment, is left out. Raises Invalid.
    """
    if len(note_ids) > NOTES_AT_ONCE:
        raise Invalid({"note": f"At most {NOTES_AT_ONCE} notes can be changed at once."})
    change = find_change(command)
    with trail.acting("changed"):
        return [note_id for note_id in dict.fromkeys(note_ids) if _is_changed(owner, note_id, change)]


def _is_changed(owner: int, note_id: int, change: Change) -> bool:
    try:
        before = get(owner, note_id)
        return change(owner, note_id) != before
    except (NotFound, Conflict):
        return False

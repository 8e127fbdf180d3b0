"""A stored note, a former text of it, and the errors of changing it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from app.errors import Conflict, Invalid, Stale
from app.notes.drafts import Draft, excerpt
from app.notes.merging import Merged

PLACES = ("notes", "archive", "trash")

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


class InTrash(Conflict):
    """The change was not meant for a note in the trash, where `current` is; nothing was changed."""

    message = "This note is in the trash."

    def __init__(self, current: Note) -> None:
        self.current = current
        super().__init__()


class ItemChanged(Conflict):
    """The line that was to be ticked is no longer there; `current` is the note as it is, and nothing was changed."""

    message = "This line was changed somewhere else meanwhile, so it was not ticked. Here is the note as it is now."

    def __init__(self, current: Note) -> None:
        self.current = current
        super().__init__()


class KeyUsed(Invalid):
    """The key has made the note `note_id` before, of other content."""

    def __init__(self, note_id: int) -> None:
        self.note_id = note_id
        super().__init__({"key": "This was sent before with other content; it was saved then."})


class Moved(Stale):
    """The note is no longer at the version that the change was meant for; `current` is the note as it is."""

    def __init__(self, current: Note) -> None:
        self.current = current
        super().__init__()


def first_line(body: str) -> str:
    return excerpt(body).partition("\n")[0].strip() or "Untitled"

"""The history of a note as steps: when each content was saved, and how many lines that added and took away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.notes import differences
from app.notes.service import Note, Revision

STEPS = 20  # on a page: at most 5 MiB of text are read for it


@dataclass(frozen=True, slots=True)
class Step:
    """A content that was saved at the moment `saved_at`; `added` and `removed` count lines against the one before."""

    version: int
    title: str
    saved_at: int
    added: int
    removed: int


def steps(note: Note, older: Sequence[Revision], *, from_now: bool) -> tuple[list[Step], int | None]:
    """Return the steps of a page, newest first, and the version before which the next page begins.

    `older` are the STEPS + 1 newest contents of those before the page's beginning; `from_now` says that the page begins
    with the present one.
    """
    contents = [(note.version, note.draft)] if from_now else []
    contents += [(revision.version, revision.draft) for revision in older]
    # A content was saved when the one before it was replaced.
    saved = [revision.replaced_at for revision in (older if from_now else older[1:])]
    found = [
        Step(version, draft.title, saved_at, *differences.count(before.body, draft.body))
        for ((version, draft), (_, before)), saved_at in zip(pairwise(contents), saved, strict=True)
    ]
    if len(older) > STEPS:
        return found, found[-1].version
    if contents:
        version, draft = contents[-1]
        found.append(Step(version, draft.title, note.created_at, *differences.count("", draft.body)))
    return found, None

"""Three-way merge of a note: my changes and those saved meanwhile, both counted from one older version."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TypeVar

from merge3 import Merge3

from app.notes.drafts import Draft

T = TypeVar("T")

# Marks in the words of people, not of version control; they stand on lines of their own.
MINE, MIDDLE, THEIRS = "<<<<<<< yours", "=======", ">>>>>>> saved meanwhile"

# About a second for each million; more is not written by people, and a save must not hold up the others.
PAIRS_AT_MOST = 3_000_000


@dataclass(frozen=True, slots=True)
class Merged:
    """The merged draft; `collisions` names the fields where both sides changed the same thing.

    Where the texts collide, `draft.body` holds both, between marks; where another field collides, it holds mine.
    """

    draft: Draft
    collisions: tuple[str, ...]


def merge(base: Draft, mine: Draft, theirs: Draft) -> Merged:
    collisions: list[str] = []

    def field(name: str, before: T, my: T, their: T) -> T:
        if my != before and their not in (before, my):
            collisions.append(name)
        return their if my == before else my

    body, body_collides = merge_lines(base.body, mine.body, theirs.body)
    if body_collides:
        collisions.append("body")
    draft = Draft(
        title=field("title", base.title, mine.title, theirs.title),
        body=body,
        tags=_merge_tags(base.tags, mine.tags, theirs.tags),
        status=field("status", base.status, mine.status, theirs.status),
        due_on=field("due_on", base.due_on, mine.due_on, theirs.due_on),
    )
    return Merged(draft, tuple(collisions))


def merge_lines(base: str, mine: str, theirs: str) -> tuple[str, bool]:
    """Return the merged text and whether lines collided."""
    if theirs in (mine, base):
        return mine, False
    if mine == base:
        return theirs, False
    before, ours, other = _lines(base), _lines(mine), _lines(theirs)
    if _pairs(before, ours) + _pairs(before, other) > PAIRS_AT_MOST:
        return f"{MINE}\n{mine}\n{MIDDLE}\n{theirs}\n{THEIRS}", True
    merger = Merge3(before, ours, other)
    collides = any(region[0] == "conflict" for region in merger.merge_regions())
    merged = merger.merge_lines(start_marker=MINE, mid_marker=MIDDLE, end_marker=THEIRS)
    return "".join(merged).removesuffix("\n"), collides


def _pairs(before: list[str], after: list[str]) -> int:
    """Return how many pairs of equal lines difflib looks at; lines that make up over a percent it leaves aside."""
    numbers, frequent = Counter(after), len(after) // 100 + 1
    return sum(times * numbers[line] for line, times in Counter(before).items() if numbers[line] <= frequent)


def _lines(text: str) -> list[str]:
    # Every line ends in a newline here, so that a changed last line does not swallow the mark after it.
    return [f"{line}\n" for line in text.split("\n")]


def _merge_tags(base: tuple[str, ...], mine: tuple[str, ...], theirs: tuple[str, ...]) -> tuple[str, ...]:
    """A tag that either side added is there, one that either side took away is not."""
    added = (set(mine) | set(theirs)) - set(base)
    kept = set(base) & set(mine) & set(theirs)
    return tuple(sorted(added | kept))

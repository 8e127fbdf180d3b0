"""Three-way merge of a note: my changes and those saved meanwhile, both counted from one older version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from merge3 import Merge3

from app.notes.alignment import LineMatcher, TooDifferent
from app.notes.drafts import Draft

T = TypeVar("T")

# Marks in the words of people, not of version control; they stand on lines of their own.
MINE, MIDDLE, THEIRS = "<<<<<<< yours", "=======", ">>>>>>> saved meanwhile"


@dataclass(frozen=True, slots=True)
class MergedText:
    """The merged text, whether lines collided, and whether the texts were too different to be compared by lines.

    Where lines collide, both sides stand between marks; of texts that are too different, both stand there whole.
    """

    text: str
    collides: bool = False
    too_different: bool = False


@dataclass(frozen=True, slots=True)
class Merged:
    """The merged draft; `collisions` names the fields where both sides changed the same thing.

    Where the texts collide, `draft.body` holds both, between marks; where another field collides, it holds mine.
    `too_different` says that the texts as wholes collide, because comparing them by lines would take too long.
    """

    draft: Draft
    collisions: tuple[str, ...]
    too_different: bool = False


def merge(base: Draft, mine: Draft, theirs: Draft) -> Merged:
    collisions: list[str] = []

    def field(name: str, before: T, my: T, their: T) -> T:
        if my != before and their not in (before, my):
            collisions.append(name)
        return their if my == before else my

    body = merge_lines(base.body, mine.body, theirs.body)
    if body.collides:
        collisions.append("body")
    draft = Draft(
        title=field("title", base.title, mine.title, theirs.title),
        body=body.text,
        tags=_merge_tags(base.tags, mine.tags, theirs.tags),
        status=field("status", base.status, mine.status, theirs.status),
        due_on=field("due_on", base.due_on, mine.due_on, theirs.due_on),
    )
    return Merged(draft, tuple(collisions), body.too_different)


def merge_lines(base: str, mine: str, theirs: str) -> MergedText:
    if theirs in (mine, base):
        return MergedText(mine)
    if mine == base:
        return MergedText(theirs)
    merger = Merge3(_lines(base), _lines(mine), _lines(theirs), sequence_matcher=LineMatcher)
    try:
        groups = list(merger.merge_groups())
    except TooDifferent:
        return MergedText(f"{MINE}\n{mine}\n{MIDDLE}\n{theirs}\n{THEIRS}", collides=True, too_different=True)
    merged = [line for group in groups for line in _merged_lines(*group)]
    return MergedText("".join(merged).removesuffix("\n"), any(kind == "conflict" for kind, *_ in groups))


def _merged_lines(kind: str, *sides: list[str]) -> list[str]:
    if kind != "conflict":
        return sides[0]
    _, mine, theirs = sides
    return [f"{MINE}\n", *mine, f"{MIDDLE}\n", *theirs, f"{THEIRS}\n"]


def _lines(text: str) -> list[str]:
    # Every line ends in a newline here, so that a changed last line does not swallow the mark after it.
    return [f"{line}\n" for line in text.split("\n")]


def _merge_tags(base: tuple[str, ...], mine: tuple[str, ...], theirs: tuple[str, ...]) -> tuple[str, ...]:
    """A tag that either side added is there, one that either side took away is not."""
    added = (set(mine) | set(theirs)) - set(base)
    kept = set(base) & set(mine) & set(theirs)
    return tuple(sorted(added | kept))


# --- Collisions in a merged text ---------------------------------------------------------------------------------


def collisions(merged: str) -> Iterator[tuple[str, str]]:
    """Yield both sides of each collision that stands in a text between its marks: mine, theirs."""
    lines = merged.split("\n")
    for start, middle, end in _marks(lines):
        yield "\n".join(lines[start + 1 : middle]), "\n".join(lines[middle + 1 : end])


def has_marks(text: str) -> bool:
    return not {MINE, THEIRS}.isdisjoint(text.split("\n"))


def settle(merged: str, sides: Mapping[int, str]) -> str:
    """Return the text with one side of some collisions, or both, in place of the marks.

    `sides` maps the number of a collision, counted from 0, to mine, theirs or both.
    """
    lines, settled, done = merged.split("\n"), [], 0
    for number, (start, middle, end) in enumerate(_marks(lines)):
        mine, theirs = lines[start + 1 : middle], lines[middle + 1 : end]
        kept = {"mine": mine, "theirs": theirs, "both": mine + theirs}.get(sides.get(number, ""))
        settled += lines[done:start] + (lines[start : end + 1] if kept is None else kept)
        done = end + 1
    return "\n".join(settled + lines[done:])


def _marks(lines: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Yield where the three marks of each collision stand."""
    start = middle = -1
    for number, line in enumerate(lines):
        if line == MINE:
            start, middle = number, -1
        elif line == MIDDLE and start >= 0 > middle:
            middle = number
        elif line == THEIRS and middle >= 0:
            yield start, middle, number
            start = middle = -1

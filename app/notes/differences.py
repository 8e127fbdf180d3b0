"""Shows where two texts differ, line by line and inside a line word by word, and where a merge collided."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup, escape

from app.notes.drafts import Draft
from app.notes.merging import MIDDLE, MINE, THEIRS

Kind = Literal["same", "gone", "new", "skip"]
WORD = re.compile(r"\w+|\s+|[^\w\s]")
CHANGED = Markup("<del>{}</del>"), Markup("<ins>{}</ins>")
COLLIDED = Markup("<mark>{}</mark>"), Markup("<mark>{}</mark>")
PLAIN, NEWLINE = Markup("{}"), Markup("\n")
AROUND = 3  # lines shown before and after a difference
# difflib's time can grow with the product of the two lengths; above this, only the beginning and the end are matched.
LINES_AT_MOST = 2000
LETTERS_AT_MOST = 2000


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the older text (gone), of the newer one (new) or of both (same); skip stands for many same lines."""

    kind: Kind
    text: Markup


@dataclass(frozen=True, slots=True)
class Collision:
    mine: Markup
    theirs: Markup


def lines(old: str, new: str) -> list[Line]:
    """Return the lines of both texts in order, far ones that did not change left out."""
    before, after = old.split("\n"), new.split("\n")
    shown: list[Line] = []
    for operation, start, end, new_start, new_end in _operations(before, after):
        if operation == "equal":
            first, last = start == new_start == 0, (end, new_end) == (len(before), len(after))
            shown += _same(before[start:end], first=first, last=last)
        else:
            gone, added = words("\n".join(before[start:end]), "\n".join(after[new_start:new_end]))
            shown += [Line("gone", line) for line in gone.split("\n")[: end - start]]
            shown += [Line("new", line) for line in added.split("\n")[: new_end - new_start]]
    return shown


def _operations(before: list[str], after: list[str]) -> Iterator[tuple[str, int, int, int, int]]:
    start = 0
    shortest = min(len(before), len(after))
    while start < shortest and before[start] == after[start]:
        start += 1
    tail = 0
    while tail < shortest - start and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    middle, new_middle = before[start : len(before) - tail], after[start : len(after) - tail]
    if start:
        yield "equal", 0, start, 0, start
    if len(middle) + len(new_middle) > LINES_AT_MOST:
        yield "replace", start, start + len(middle), start, start + len(new_middle)
    else:
        for operation, a, b, c, d in difflib.SequenceMatcher(None, middle, new_middle).get_opcodes():
            yield operation, start + a, start + b, start + c, start + d
    if tail:
        yield "equal", len(before) - tail, len(before), len(after) - tail, len(after)


def _same(unchanged: list[str], *, first: bool, last: bool) -> list[Line]:
    head = [] if first else unchanged[:AROUND]
    rest = unchanged[len(head) :]
    tail = [] if last else rest[-AROUND:]
    left_out = len(rest) - len(tail)
    skipped = [Line("skip", escape(f"{left_out} lines unchanged" if left_out > 1 else "1 line unchanged"))]
    return [
        *(Line("same", escape(line)) for line in head),
        *(skipped if left_out else []),
        *(Line("same", escape(line)) for line in tail),
    ]


def words(old: str, new: str, marks: tuple[Markup, Markup] = CHANGED) -> tuple[Markup, Markup]:
    """Return both texts escaped, with the words that differ marked; no mark spans the end of a line."""
    if not old or not new or len(old) + len(new) > LETTERS_AT_MOST:
        return escape(old), escape(new)
    before, after = WORD.findall(old), WORD.findall(new)
    gone, added = Markup(), Markup()
    for operation, start, end, new_start, new_end in difflib.SequenceMatcher(None, before, after, False).get_opcodes():
        differs = operation != "equal"
        gone += _marked(before[start:end], marks[0] if differs else PLAIN)
        added += _marked(after[new_start:new_end], marks[1] if differs else PLAIN)
    return gone, added


def _marked(found: list[str], mark: Markup) -> Markup:
    return NEWLINE.join(mark.format(part) if part else part for part in "".join(found).split("\n"))


def fields(old: Draft, new: Draft, marks: tuple[Markup, Markup] = CHANGED) -> dict[str, tuple[Markup, Markup]]:
    """Return the older and the newer value of every field that differs, besides the text; none at all is empty."""
    values = [
        {
            "title": draft.title,
            "tags": " ".join(draft.tags),
            "status": "plain note" if draft.status == "none" else draft.status,
            "due_on": str(draft.due_on or ""),
        }
        for draft in (old, new)
    ]
    return {
        name: words(then, now, marks)
        for name, then, now in zip(values[0], *(v.values() for v in values), strict=True)
        if then != now
    }


def collisions(merged: str) -> list[Collision]:
    """Return what stands between the marks of `merged`: both sides of each collision, their words compared."""
    found, side = [], ""
    sides: dict[str, list[str]] = {}
    for line in merged.split("\n"):
        if line == MINE:
            side, sides = MINE, {MINE: [], MIDDLE: []}
        elif line == MIDDLE and side == MINE:
            side = MIDDLE
        elif line == THEIRS and side == MIDDLE:
            theirs, mine = words("\n".join(sides[MIDDLE]), "\n".join(sides[MINE]), COLLIDED)
            found.append(Collision(mine, theirs))
            side = ""
        elif side:
            sides[side].append(line)
    return found

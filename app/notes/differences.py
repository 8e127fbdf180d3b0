"""Shows where two texts differ, line by line and inside a line word by word, and where a merge collided."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from markupsafe import Markup, escape

from app.notes import merging
from app.notes.alignment import TooDifferent, align, equal_ends
from app.notes.drafts import Draft

Kind = Literal["same", "gone", "new", "skip", "notice"]
WORD = re.compile(r"\w+|\s+|[^\w\s]")
Marks = tuple[Markup, Markup]
CHANGED: Marks = Markup("<del>{}</del>"), Markup("<ins>{}</ins>")
COLLIDED: Marks = Markup("<mark>{}</mark>"), Markup("<mark>{}</mark>")
NEWLINE = Markup("\n")
AROUND = 3  # lines shown before and after a difference
# Of one page. Both bound what is written as much as what is compared: a mark takes ten letters, a line forty.
LETTERS_AT_MOST = 20_000
LINES_AT_MOST = 4_000
LINES_OF_A_SIDE = 1_000  # where many lines were replaced by others: both sides are to be seen
COLLISIONS_AT_MOST = 100

NOT_ALIGNED = Markup(
    "The texts differ too much to be compared line by line: what is not the same at both ends is shown."
)
NOT_MARKED = Markup("From here on, lines that differ are shown whole, without marking words: there are too many.")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the older text (gone), of the newer one (new) or of both (same).

    skip stands for many same lines; notice is a sentence about what is not compared or not shown.
    """

    kind: Kind
    text: Markup


@dataclass(frozen=True, slots=True)
class Collision:
    mine: Markup
    theirs: Markup


@dataclass(frozen=True, slots=True)
class Collisions:
    """The first collisions of a merge, and how many more there are."""

    first: list[Collision]
    more: int


@dataclass(slots=True)
class WordMarker:
    """Marks the words in which two texts differ; past `letters` of text in all, it leaves them whole."""

    marks: Marks = CHANGED
    letters: int = field(default=LETTERS_AT_MOST)

    def mark(self, old: str, new: str) -> tuple[Markup, Markup]:
        """Return both texts escaped, with the words that differ marked; no mark spans the end of a line."""
        if not old or not new or not self.covers(old, new):
            return escape(old), escape(new)
        self.letters -= len(old) + len(new)
        before, after = WORD.findall(old), WORD.findall(new)
        sides: tuple[list[Markup], list[Markup]] = [], []
        for same, start, end, new_start, new_end in _steps(before, after):
            for side, mark, words in zip(sides, self.marks, (before[start:end], after[new_start:new_end]), strict=True):
                side.append(escape("".join(words)) if same else _marked("".join(words), mark))
        return Markup().join(sides[0]), Markup().join(sides[1])

    def covers(self, old: str, new: str) -> bool:
        return len(old) + len(new) <= self.letters


def _marked(text: str, mark: Markup) -> Markup:
    return NEWLINE.join(mark.format(part) if part else part for part in text.split("\n"))


def _steps(before: list[str], after: list[str]) -> Iterator[tuple[bool, int, int, int, int]]:
    """Yield (are they the same, start, end, new start, new end) until both are covered. Raises TooDifferent."""
    start = new_start = 0
    for same, new_same, length in [*align(before, after), (len(before), len(after), 0)]:
        if start < same or new_start < new_same:
            yield False, start, same, new_start, new_same
        if length:
            yield True, same, same + length, new_same, new_same + length
        start, new_start = same + length, new_same + length


def lines(old: str, new: str) -> list[Line]:
    """Return the lines of both texts in order, far ones that did not change left out; at most LINES_AT_MOST."""
    compared = list(islice(_lines(old.split("\n"), new.split("\n")), LINES_AT_MOST + 1))
    if len(compared) <= LINES_AT_MOST:
        return compared
    return [*compared[:LINES_AT_MOST], Line("notice", Markup("More is not shown: the difference is too long."))]


def count(old: str, new: str) -> tuple[int, int]:
    """Return how many lines only the newer text has, and how many only the older one; a line that moved is neither."""
    before, after = Counter(old.split("\n") if old else []), Counter(new.split("\n") if new else [])
    return (after - before).total(), (before - after).total()


def _lines(before: list[str], after: list[str]) -> Iterator[Line]:
    marker, is_marking = WordMarker(), True
    try:
        steps = list(_steps(before, after))
    except TooDifferent:
        yield Line("notice", NOT_ALIGNED)
        steps, is_marking = list(_ends(before, after)), False
    for same, start, end, new_start, new_end in steps:
        if same:
            first, last = start == new_start == 0, (end, new_end) == (len(before), len(after))
            yield from _same(before[start:end], first=first, last=last)
            continue
        gone, added = before[start:end], after[new_start:new_end]
        texts = "\n".join(gone[:LINES_OF_A_SIDE]), "\n".join(added[:LINES_OF_A_SIDE])
        if is_marking and all(texts) and not marker.covers(*texts):
            is_marking = False
            yield Line("notice", NOT_MARKED)
        marked = marker.mark(*texts) if is_marking else (escape(texts[0]), escape(texts[1]))
        yield from _side("gone", marked[0], len(gone))
        yield from _side("new", marked[1], len(added))


def _side(kind: Literal["gone", "new"], text: Markup, number: int) -> Iterator[Line]:
    """Yield the lines of `text`, and a notice where they are not all of `number`."""
    if number:
        yield from (Line(kind, line) for line in text.split("\n"))
    if number > LINES_OF_A_SIDE:
        when = "then" if kind == "gone" else "now"
        yield Line("notice", escape(f"{number - LINES_OF_A_SIDE:,} more lines stand only {when}."))


def _ends(before: list[str], after: list[str]) -> Iterator[tuple[bool, int, int, int, int]]:
    """Yield the steps where only the beginnings and the ends are compared."""
    start, tail = equal_ends(before, after)
    end, new_end = len(before) - tail, len(after) - tail
    if start:
        yield True, 0, start, 0, start
    yield False, start, end, start, new_end
    if tail:
        yield True, end, len(before), new_end, len(after)


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


def fields(old: Draft, new: Draft, marks: Marks = CHANGED) -> dict[str, tuple[Markup, Markup]]:
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
    marker = WordMarker(marks)
    return {
        name: marker.mark(then, now)
        for name, then, now in zip(values[0], *(v.values() for v in values), strict=True)
        if then != now
    }


def collisions(merged: str) -> Collisions:
    """Return what stands between the marks of `merged`, up to COLLISIONS_AT_MOST, the words of both sides compared."""
    marker = WordMarker(COLLIDED)
    sides = list(merging.collisions(merged))
    marked = [marker.mark(theirs, mine) for mine, theirs in sides[:COLLISIONS_AT_MOST]]
    return Collisions([Collision(mine, theirs) for theirs, mine in marked], max(0, len(sides) - COLLISIONS_AT_MOST))

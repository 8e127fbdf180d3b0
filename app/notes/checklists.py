"""The items of a text that can be ticked: which lines they are, how many are done, and how one is ticked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from app.notes.alignment import TooDifferent, align

ITEM = re.compile(r"([ \t>]*+(?:(?:[-*+]|\d{1,9}[.)])[ \t]++)++\[)([ xX])(\][ \t]++)(?=\S)")
FENCE = re.compile(r"[ \t>]*+(?:(?:[-*+]|\d{1,9}[.)])[ \t]++)*+(`{3,}|~{3,})")
NO_ITEM = "There is nothing to tick in this line."


class Checklist(NamedTuple):
    done: int
    total: int


def count(body: str) -> Checklist:
    """Return how many items the text has; what stands in fenced code is none."""
    marks = [match[2] for _, match in _items(body)] if "]" in body else []
    return Checklist(len(marks) - marks.count(" "), len(marks))


def _items(body: str) -> Iterator[tuple[int, re.Match[str]]]:
    for number, line in lines_of_prose(body):
        if item := ITEM.match(line):
            yield number, item


def lines_of_prose(body: str) -> Iterator[tuple[int, str]]:
    """Yield the lines outside of fenced code, with their numbers from 0."""
    fence = ""
    for number, line in enumerate(body.split("\n")):
        found = FENCE.match(line)
        if found and not fence:
            fence = found[1]
        elif found and found[1].startswith(fence):
            fence = ""
        elif not fence:
            yield number, line


def tick(body: str, line: int, *, done: bool) -> str | None:
    """Return the text with the item in `line`, counted from 0, done or not; None where that line is no item."""
    lines = body.split("\n")
    item = ITEM.match(lines[line]) if line < len(lines) else None
    if not item:
        return None
    if (item[2] != " ") != done:
        lines[line] = f"{item[1]}{'x' if done else ' '}{item[3]}{lines[line][item.end() :]}"
    return "\n".join(lines)


def follow(line: int, before: str, after: str) -> int | None:
    """Return where a line of the text `before` is in `after`, whatever was ticked meanwhile; None if it has changed."""
    try:
        blocks = align(_without_ticks(before), _without_ticks(after))
    except TooDifferent:
        return None
    return next((new + line - old for old, new, size in blocks if old <= line < old + size), None)


def _without_ticks(body: str) -> list[str]:
    return [ITEM.sub(r"\1 \3", line) for line in body.split("\n")]

"""Links between a person's notes, by title: `[[Title]]`, `[[Title|other words]]`, `[[folder/Title.md#Heading]]`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.notes.checklists import lines_of_prose
from app.notes.models import TITLE_LENGTH

LINK = re.compile(
    rf"\[\[(?P<folder>(?:[^\[\]|#^/\n]{{1,{TITLE_LENGTH}}}+/)*+)(?P<title>[^\[\]|#^/\n]{{1,{TITLE_LENGTH}}}?)(?P<end>\.md)?"
    r"(?P<part>[#^][^\[\]|\n]*+)?(?P<words>\|[^\[\]\n]*+)?\]\]"
)
LINKS_AT_MOST = 100  # different ones of a text; those beyond lead nowhere


def key(title: str) -> str:
    """Return the form in which titles are compared here; a database compares by its collation, which finds no less."""
    return " ".join(title.split()).casefold()


def title_in(target: str) -> str:
    """Return the title in what stands between the brackets, "" for none."""
    match = LINK.fullmatch(f"[[{target}]]")
    return " ".join(match["title"].split()) if match else ""


def find(body: str) -> list[str]:
    """Return the titles that the text links to, each once, LINKS_AT_MOST; what stands in fenced code links nowhere."""
    if "[[" not in body:
        return []
    found: dict[str, str] = {}
    for title in _titles(body):
        found.setdefault(key(title), title)
        if len(found) == LINKS_AT_MOST:
            break
    return list(found.values())


def _titles(body: str) -> Iterator[str]:
    for _, line in lines_of_prose(body):
        for match in LINK.finditer(line):
            if title := " ".join(match["title"].split()):
                yield title


def rename(body: str, old: str, new: str, *, keep_words: bool = False) -> str:
    """Return the text with its links to the title `old` leading to `new`; their words and parts stay.

    With `keep_words` a link without words of its own goes on showing the old title.
    """

    def renamed(match: re.Match[str]) -> str:
        if key(match["title"]) != key(old):
            return match.group()
        words = match["words"] or (f"|{' '.join(match['title'].split())}" if keep_words else "")
        return f"[[{new}{match['part'] or ''}{words}]]"

    lines = body.split("\n")
    for number, line in lines_of_prose(body):
        if "[[" in line:
            lines[number] = LINK.sub(renamed, line)
    return "\n".join(lines)


def can_be_linked(title: str) -> bool:
    return bool(title) and title_in(title) == title

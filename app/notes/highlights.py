"""Marks the words that were searched for in the few lines that a search result shows."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from markupsafe import Markup, escape

from app.notes.plain_text import plain_text
from app.notes.queries import Clause, Term
from app.notes.tokens import strip_accents

AROUND = 90  # characters before the first hit
LENGTH = 240
# A character and what is written onto it: only together do they have a plain form. The last two are signs of
# half-width kana; the rest are vowels and consonants of Korean syllables that are not composed.
CLUSTER = re.compile("(?s:.)[\u0300-\u036f\u1160-\u11ff\u3099\u309a\uff9e\uff9f]*")


def pattern(clauses: Iterable[Clause]) -> re.Pattern[str] | None:
    """Return what finds the words of the clauses in plain text (see strip_accents), None when there is none to mark."""
    terms = (term for clause in clauses if not clause.excluded for term in clause.terms if term.kind == "word")
    wanted = [_phrase(term) for term in terms]
    return re.compile("|".join(wanted)) if wanted else None


def mark(text: str, hits: re.Pattern[str] | None) -> Markup:
    """Return `text` escaped, with every hit in a <mark>."""
    parts: list[str] = []
    end = 0
    for begin, after in _spans(text, hits) if hits else ():
        parts += [escape(text[end:begin]), "<mark>", escape(text[begin:after]), "</mark>"]
        end = after
    parts.append(escape(text[end:]))
    return Markup("".join(parts))  # noqa: S704 - every part is escaped, or a tag of ours


def passage(body: str, hits: re.Pattern[str] | None) -> Markup:
    """Return the lines around the first hit in `body`, without marks of Markdown; the beginning when there is none."""
    first = hits.search(strip_accents(body)) if hits else None
    start = max(0, _position(body, first.start()) - AROUND) if first else 0
    if start:
        start = body.find(" ", start, start + AROUND) + 1 or start
    lead = "… " if start else ""
    return escape(lead) + mark(plain_text(body[start : start + 2 * LENGTH].strip())[:LENGTH], hits)


def _phrase(term: Term) -> str:
    return r"(?<!\S)" + " +".join(map(re.escape, term.words)) + ("" if term.prefix else r"(?!\S)")


def _position(text: str, plain: int) -> int:
    """Return where in `text` that is, within a letter or two, which is at position `plain` of its plain form."""
    if text.isascii():
        return plain
    return bisect_left(range(len(text)), plain, key=lambda end: len(strip_accents(text[:end])))


def _spans(text: str, hits: re.Pattern[str]) -> list[tuple[int, int]]:
    """Return where the hits begin and end in `text`."""
    if text.isascii():
        return [match.span() for match in hits.finditer(strip_accents(text))]
    clusters = [(match.start(), strip_accents(match.group())) for match in CLUSTER.finditer(text)]
    origins = [start for start, plain in clusters for _ in plain] + [len(text)]
    found = hits.finditer("".join(plain for _, plain in clusters))
    return [(origins[match.start()], _next(origins, match.end() - 1)) for match in found]


def _next(origins: list[int], last: int) -> int:
    """Return where the next letter begins: what is written onto the last one belongs to it."""
    return origins[bisect_right(origins, origins[last])]

"""Marks the words that were searched for in the few lines that a search result shows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from markupsafe import Markup, escape

from app.notes.words import UNSPACED, Term, fold

AROUND = 90  # characters before the first hit
LENGTH = 240


def pattern(terms: Iterable[Term]) -> re.Pattern[str] | None:
    """Return what finds the terms in folded text, None when there is no word to mark."""
    wanted = [_phrase(term) for term in terms if term.kind == "word" and not term.excluded]
    return re.compile("|".join(wanted)) if wanted else None


def mark(text: str, hits: re.Pattern[str] | None) -> Markup:
    """Return `text` escaped, with every hit in a <mark>."""
    text = unicodedata.normalize("NFC", text)
    parts: list[str] = []
    end = 0
    for match in hits.finditer(fold(text)) if hits else ():
        parts += [escape(text[end : match.start()]), "<mark>", escape(text[match.start() : match.end()]), "</mark>"]
        end = match.end()
    parts.append(escape(text[end:]))
    return Markup("".join(parts))  # noqa: S704 - every part is escaped, or a tag of ours


def passage(body: str, hits: re.Pattern[str] | None) -> Markup:
    """Return the lines around the first hit in `body`, marked; the beginning when there is none."""
    body = unicodedata.normalize("NFC", body)
    first = hits.search(fold(body)) if hits else None
    start = max(0, first.start() - AROUND) if first else 0
    if start:
        start = body.find(" ", start, start + AROUND) + 1 or start
    lead = "… " if start else ""
    return escape(lead) + mark(body[start : start + LENGTH].strip(), hits)


def _phrase(term: Term) -> str:
    gap = "" if any(UNSPACED.match(word) for word in term.words) else r"[\W_]+"
    text = gap.join(re.escape(word) for word in term.words)
    return rf"(?<!\w){text}" + ("" if term.prefix else r"(?!\w)") if not UNSPACED.search(text) else text

"""Words as the full-text index knows them, and what somebody typed into the search field as a query for it.

Both databases index plain ASCII tokens made here, so they find the same notes whatever their own ideas of letters,
short words and stop words are. A token begins with its owner: each person has posting lists of their own, and one
person's search does not slow down with the notes of others.

    3k_wproject   the word "project" in a note of account 128 (3k in base 36)
    3k_thome      the tag "home"
    3k_sopen      the state "open"; every note has the state "all"
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from app.notes.drafts import Draft, tidy_tag

STATES = ("open", "done", "task", "pinned", "archived")
# InnoDB ignores tokens over 84 characters; an owner's prefix takes at most 15.
LONGEST = 64
# A query is typed by a person: more than this is a paste, and the index would be asked hundreds of questions.
WORDS_AT_MOST = 24

WORD = re.compile(r"\w+")
# Scripts written without spaces: each character is a word of its own, and a run of them a phrase.
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
PART = re.compile(r"""(?P<minus>-)?(?:(?P<name>tag|is):)?(?:"(?P<phrase>[^"]*)"?|(?P<plain>[^\s"]+))""", re.IGNORECASE)


class _Fold(dict[int, int]):
    """Maps a character to the plain letter below its accents, one to one, so that positions stay."""

    def __missing__(self, code: int) -> int:
        first = unicodedata.normalize("NFKD", chr(code))[0]
        folded = first.lower()
        self[code] = ord(folded if len(folded) == 1 else first)
        return self[code]


_FOLD = _Fold()


def fold(text: str) -> str:
    """Return `text` without accents and capitals, each character in its old position."""
    return text.translate(_FOLD)


def words(text: str) -> Iterator[str]:
    """Yield the folded words of `text` in their order."""
    folded = text.lower() if text.isascii() else fold(unicodedata.normalize("NFC", text))
    for match in WORD.finditer(folded):
        run = match.group().replace("_", "")
        if not UNSPACED.search(run):
            if run:
                yield run
            continue
        yield from (part for part in re.split(f"({UNSPACED.pattern})", run) if part)


@dataclass(frozen=True, slots=True)
class Term:
    """One condition of a query: the words next to each other, a tag or a state; `prefix` matches longer words, too."""

    kind: Literal["word", "tag", "state"]
    words: tuple[str, ...]
    excluded: bool = False
    prefix: bool = False


def parse(typed: str) -> tuple[Term, ...]:
    """Return the terms of what was typed; anything can be typed, and nothing is an error.

    `word`, `"a phrase"`, `begin*`, `-word`, `tag:x`, `is:open`; signs without a meaning part words.
    """
    terms = [term for match in PART.finditer(typed) if (term := _term(match))]
    return tuple(terms[:WORDS_AT_MOST])


def _term(match: re.Match[str]) -> Term | None:
    text = match["phrase"] if match["phrase"] is not None else match["plain"]
    excluded, name = bool(match["minus"]), (match["name"] or "").lower()
    if name == "tag" and tidy_tag(text):
        return Term("tag", (tidy_tag(text),), excluded)
    if name == "is" and text.lower() in STATES:
        return Term("state", (text.lower(),), excluded)
    found = tuple(words(f"{name} {text}" if name else text))[:WORDS_AT_MOST]
    prefix = match["phrase"] is None and text.endswith("*") and len(found) == 1
    return Term("word", found, excluded, prefix) if found else None


def index_text(owner: int, draft: Draft, pinned: bool, archived: bool) -> str:
    """Return the tokens under which a note is found, in the order of its words."""
    # A word in the title counts for more, because it stands here twice.
    text = f"{draft.title}\n{draft.title}\n{draft.body}"
    tokens = [_token(owner, "w", word) for word in words(text)]
    tokens += [_token(owner, "t", tag) for tag in draft.tags]
    tokens += [_token(owner, "s", state) for state in _states(draft, pinned, archived)]
    return " ".join(tokens)


def _states(draft: Draft, pinned: bool, archived: bool) -> Iterator[str]:
    yield "all"
    if draft.status != "none":
        yield "task"
        yield draft.status
    if pinned:
        yield "pinned"
    if archived:
        yield "archived"


def fts5(owner: int, terms: Iterable[Term]) -> str:
    """Return the query in the language of SQLite's FTS5."""
    wanted, unwanted = _tokens(owner, terms)
    query = " AND ".join(f'"{" ".join(tokens)}"{" *" if prefix else ""}' for tokens, prefix in wanted)
    return query + "".join(f' NOT "{" ".join(tokens)}"{" *" if prefix else ""}' for tokens, prefix in unwanted)


def boolean_mode(owner: int, terms: Iterable[Term]) -> str:
    """Return the query in the language of MySQL's MATCH ... AGAINST (... IN BOOLEAN MODE)."""
    wanted, unwanted = _tokens(owner, terms)
    return " ".join(
        sign + (f'"{" ".join(tokens)}"' if len(tokens) > 1 else tokens[0] + "*" * prefix)
        for sign, group in (("+", wanted), ("-", unwanted))
        for tokens, prefix in group
    )


Tokens = list[tuple[list[str], bool]]


def _tokens(owner: int, terms: Iterable[Term]) -> tuple[Tokens, Tokens]:
    """Return the wanted and the unwanted tokens; there is always something wanted, "all" if nothing else."""
    groups: tuple[Tokens, Tokens] = ([], [])
    for term in terms:
        groups[term.excluded].append(([_token(owner, term.kind[0], word) for word in term.words], term.prefix))
    if not groups[0]:
        groups[0].append(([_token(owner, "s", "all")], False))
    return groups


@lru_cache(maxsize=50_000)  # one text uses the same words again and again: two thirds of an import's time
def _token(owner: int, kind: str, word: str) -> str:
    if not word.isascii() or not word.isalnum():
        word = "".join(sign if sign.isascii() and sign.isalnum() else f"_{_base36(ord(sign))}" for sign in word)
    return f"{_base36(owner)}_{kind}{word}"[:LONGEST]


def _base36(number: int) -> str:
    digits = ""
    while True:
        number, rest = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
        if not number:
            return digits

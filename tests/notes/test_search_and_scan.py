"""Search compared with a plain scan: words of real documentation, each looked for in all of it, both ways.

What may differ is what docs/search.md says: a scan finds the insides of words, and search other spellings.
"""

from __future__ import annotations

import os
import random
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from pydoc_data.topics import topics

import pytest
import wtforms

from app import db
from app.notes import service
from app.notes.drafts import Draft
from app.notes.search import HITS, search

PICKED = int(os.environ.get("SCAN_WORDS", "200"))
SIGNS = ".,;:!?()[]{}<>\"'`*…。、，！？：؟،"
READ_AS_A_SEARCH = re.compile('^[-#]|"|[*]$|^(tag|is|due):|^OR$')  # what is typed so means something else
SAME_LETTERS = str.maketrans(dict(zip("یکىةøłđħŧı", "يكيهoldhti", strict=True)) | {"æ": "ae", "œ": "oe"})


@cache
def documentation() -> list[str]:
    """Return texts of Python's help, of packages' descriptions, and of WTForms' messages in all their languages."""
    messages = sorted(Path(wtforms.__file__).parent.glob("locale/*/LC_MESSAGES/wtforms.po"))
    described = sorted({package.read_text("METADATA") or "" for package in distributions()}, key=len)
    texts = [topics[name] for name in sorted(topics)][:60]
    texts += ["\n".join(re.findall(r'^(?:msgstr.*|)"(.+)"$', file.read_text(), re.MULTILINE)) for file in messages]
    return [text[:20_000] for text in texts + described[:40]]


def picked() -> Iterator[str]:
    """Yield what stands between spaces, as often from the messages as from the English texts."""
    chance = random.Random(20)
    texts = documentation(), [text for text in documentation() if not text.isascii()]
    while True:
        word = chance.choice(chance.choice(chance.choice(texts)).split()).strip(SIGNS)
        if len(word) > 1 and any(map(str.isalnum, word)) and not READ_AS_A_SEARCH.search(word):
            yield word


def scan(word: str) -> set[int]:
    wanted = word.casefold()
    return {number for number, text in enumerate(documentation()) if wanted in text.casefold()}


def is_only_inside_words(word: str, text: str) -> bool:
    """Tell whether the word stands in the text nowhere but after a letter, digit or mark of another word."""
    text, word = text.casefold(), word.casefold()
    return all(
        unicodedata.category(text[match.start() - 1])[0] in "LNM" for match in re.finditer(re.escape(word), text)
    )


def ends_in_a_short_word(word: str) -> bool:
    """Tell whether the last word is one or two letters, which search takes for a whole word."""
    return bool(re.search(r"(?:^|[\W_])[^\W_]{1,2}$", word))


def other_spelling(text: str) -> str:
    """Return what is left of a text without case, accents and signs."""
    letters = (
        sign
        for sign in unicodedata.normalize("NFKD", text.casefold().translate(SAME_LETTERS))
        if not unicodedata.combining(sign)
    )
    return " ".join("".join(sign if unicodedata.category(sign)[0] in "LNM" else " " for sign in letters).split())


@pytest.fixture
def documented(owner: int) -> int:
    assert len(documentation()) < HITS
    with db.transaction():
        for number, text in enumerate(documentation()):
            service.create(owner, Draft(f"{number:04}", text), f"key{number}")
    return owner


@pytest.mark.slow
def test_search_finds_what_a_scan_finds_and_each_difference_is_one_of_those_explained(documented: int) -> None:
    words = set()
    for word in picked():
        words.add(word)
        if len(words) == PICKED:
            break
    for word in sorted(words):
        hits = search(documented, word, size=HITS)
        found = {int(hit.note.title) for hit in hits.rows}
        for number in scan(word) - found:
            explained = is_only_inside_words(word, documentation()[number]) or ends_in_a_short_word(word)
            assert explained, (word, number)
        for number in found - scan(word):
            assert other_spelling(word) in other_spelling(documentation()[number]), (word, number)

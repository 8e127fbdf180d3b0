"""The words of a text as form 1 of the index had them: searches ask for them, too, until every note is indexed anew.

To be deleted one release after form 2 (docs/adr/0013): by then `flask notes reindex` has run everywhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

WORD = re.compile(r"\w+")
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


def search_tokens(text: str) -> Iterator[str]:
    """Yield the words of `text` in their order."""
    for match in WORD.finditer("".join(map(_strip_accents, unicodedata.normalize("NFC", text)))):
        run = match.group().replace("_", "")
        yield from (part for part in re.split(f"({UNSPACED.pattern})", run) if part)


def _strip_accents(character: str) -> str:
    first = unicodedata.normalize("NFKD", character)[0]
    lower = first.lower()
    return lower if len(lower) == 1 else first

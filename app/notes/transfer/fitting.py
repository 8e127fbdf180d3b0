"""Makes what comes from elsewhere fit the limits of a note: titles, tags and texts, without losing any of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.notes.drafts import BODY_BYTES, TAG_FORBIDS, UNSTORABLE, tidy_tag
from app.notes.models import TAG_LENGTH, TITLE_LENGTH

LINE_BYTES = 16 * 1024  # how far before the limit a text is cut at the end of a line


def fit_title(title: str, body: str) -> tuple[str, str]:
    """Return title and text; a title that is too long is cut, and stands in full above the text."""
    title = " ".join(title.split())
    if len(title) <= TITLE_LENGTH:
        return title, body
    return title[: TITLE_LENGTH - 1].rstrip() + "…", f"{title}\n\n{body}"


def fit_tag(tag: str) -> str:
    """Return the tag with a hyphen in place of what a tag cannot hold, such as spaces; "" if there is no such tag."""
    words = re.sub(r"[\s,]+", " ", TAG_FORBIDS.sub(" ", tag.strip().lstrip("#"))).split()
    fitting = "-".join(words)
    is_tag = fitting.strip(".") and len(tidy_tag(fitting)) <= TAG_LENGTH and not UNSTORABLE.search(fitting)
    return fitting if is_tag else ""


def split_text(text: str) -> Iterator[str]:
    """Cut the text into what fits into a note, at the end of a line where one is near; together they are the text."""
    stored = text.encode("utf-8", "surrogatepass")
    while stored:
        end = len(stored)
        if end > BODY_BYTES:
            end = stored.rfind(b"\n", BODY_BYTES - LINE_BYTES, BODY_BYTES) + 1 or _character_end(stored, BODY_BYTES)
        yield stored[:end].decode("utf-8", "surrogatepass")
        stored = stored[end:]


def _character_end(stored: bytes, end: int) -> int:
    """Return where the last character that fits into `end` bytes of UTF-8 ends."""
    while stored[end] & 0xC0 == 0x80:
        end -= 1
    return end

"""What a person may write in a note: the limits, each stated once, and the cleaning of what was typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from app.errors import Invalid
from app.notes.models import EXCERPT_LENGTH, TAG_LENGTH, TITLE_LENGTH
from app.notes.plain_text import plain_text

BODY_BYTES = 256 * 1024  # of UTF-8
TAGS_AT_MOST = 20
STATUSES = ("none", "open", "done")
FIRST_YEAR = 1000  # a year of two digits is half typed, and would be long ago

# Space and comma part tags; the others would clash with search (`tag:x`) or with addresses.
TAG_FORBIDS = re.compile(r"""[\s,"<>?:;\\%*()\[\]{}|`]""")
# NUL ends a string in C libraries; half a surrogate pair is no character, and no database stores it.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Draft:
    """The content of a note as a person means it to be; `due_on` is a date or None, `tags` are spelled as
    they were written, unique and sorted by `tidy_tag`.

    A note with a due date is a task.
    """

    title: str = ""
    body: str = ""
    tags: tuple[str, ...] = field(default=())
    status: str = "none"
    due_on: date | None = None

    def cleaned(self) -> Draft:
        """Return the draft as it is stored. Raises Invalid, naming every field at fault."""
        draft = replace(
            self,
            title=" ".join(self.title.split()),
            body=self.body.replace("\r\n", "\n").replace("\r", "\n"),
            tags=_unique(self.tags),
            status="open" if self.due_on and self.status == "none" else self.status,
        )
        faults = dict(_faults(draft))
        if faults:
            raise Invalid(faults)
        return draft


def split_tags(text: str) -> tuple[str, ...]:
    """Return the tags in what somebody typed: parted by commas, or where there are none, by spaces.

    Words between two commas are one tag, which is refused for its spaces; but each word with a # is a tag.
    """
    if "," not in text:
        return tuple(text.split())
    parts = [part.strip() for part in text.split(",")]
    return tuple(tag for part in parts if part for tag in _split_hashes(part))


def _split_hashes(part: str) -> list[str]:
    words = part.split()
    return words if all(word.startswith("#") for word in words) else [part]


def spell_tag(tag: str) -> str:
    """Return a tag as it is shown: without a leading # and without slashes between which nothing stands."""
    return "/".join(filter(None, unicodedata.normalize("NFC", tag.strip().lstrip("#")).split("/")))


def tidy_tag(tag: str) -> str:
    """Return the form in which tags are compared, so that `Work`, `#work` and `work` are the same.

    The small form of the Turkish İ is an i, not an i with a second dot.
    """
    return unicodedata.normalize("NFC", spell_tag(tag).casefold().replace("i\u0307", "i"))


def _unique(tags: Iterable[str]) -> tuple[str, ...]:
    spelled: dict[str, str] = {}
    for tag in tags:
        spelled.setdefault(tidy_tag(tag), spell_tag(tag))
    return tuple(spelled[key] for key in sorted(spelled) if key)


def excerpt(body: str) -> str:
    """Return the beginning of the text as lists show it, without the most frequent marks of Markdown."""
    return plain_text(body[: 4 * EXCERPT_LENGTH]).strip()[:EXCERPT_LENGTH].rstrip()


def _faults(draft: Draft) -> Iterator[tuple[str, str]]:
    if UNSTORABLE.search(draft.title):
        yield "title", "The title holds a character that cannot be stored (NUL or half a character)."
    elif len(draft.title) > TITLE_LENGTH:
        yield "title", f"A title has at most {TITLE_LENGTH} characters; this one has {len(draft.title)}."
    if UNSTORABLE.search(draft.body):
        yield "body", "The text holds a character that cannot be stored (NUL or half a character)."
    elif (size := len(draft.body.encode())) > BODY_BYTES:
        yield "body", f"A text has at most {BODY_BYTES // 1024} KiB; this one has {size // 1024 + 1} KiB."
    elif not draft.title and not draft.body.strip():
        yield "body", "Write a title or some text: there is nothing to save yet."
    if fault := _fault_of_tags(draft.tags):
        yield "tags", fault
    if draft.status not in STATUSES:
        yield "status", "A status is none, open or done."
    if draft.due_on and draft.due_on.year < FIRST_YEAR:
        yield "due_on", "Write the year with four digits."


def _fault_of_tags(tags: Sequence[str]) -> str | None:
    if len(tags) > TAGS_AT_MOST:
        return f"A note has at most {TAGS_AT_MOST} tags; these are {len(tags)}."
    return next(filter(None, map(_fault_of_tag, tags)), None)


def _fault_of_tag(tag: str) -> str | None:
    if len(tag) > TAG_LENGTH or len(tidy_tag(tag)) > TAG_LENGTH:
        return f"A tag has at most {TAG_LENGTH} characters; “{tag[:TAG_LENGTH]}…” has {len(tag)}."
    if UNSTORABLE.search(tag):
        return "A tag holds a character that cannot be stored (NUL or half a character)."
    if sign := TAG_FORBIDS.search(tag):
        if sign.group().isspace():
            return f"The tag “{tag}” holds a space; write “{'-'.join(tag.split())}”, or a comma between two tags."
        return f"The tag “{tag}” holds the sign {sign.group()} which no tag can hold."
    # A tag is part of an address, where one or two dots alone mean something else.
    if not all(part.strip(".") for part in tag.split("/")):
        return f"The tag “{tag}” holds dots alone, which no tag can be."
    return None

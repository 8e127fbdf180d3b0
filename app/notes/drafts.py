"""What a person may write in a note: the limits, each stated once, and the cleaning of what was typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from app.errors import Invalid
from app.notes.models import EXCERPT_LENGTH, TAG_LENGTH, TITLE_LENGTH

BODY_BYTES = 256 * 1024  # of UTF-8
TAGS_AT_MOST = 20
STATUSES = ("none", "open", "done")
FIRST_YEAR = 1000  # a year of two digits is half typed, and would be long ago

# Space and comma part tags; these would clash with search (`tag:x`) or with addresses.
TAG_FORBIDS = re.compile(r"""[\s,"'<>&?#:;\\/%*()\[\]{}|`]""")
# NUL ends a string in C libraries; half a surrogate pair is no character, and no database stores it.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

# What begins headings, quotes, items, fences, rules and tables; in two lines of text it is only noise.
BEGINNING = re.compile(r"[ \t]*(?:[#>]+ |[-*+] (?:\[[ xX]\] )?|```.*|[-*_=|: ]{3,}$)")


@dataclass(frozen=True, slots=True)
class Draft:
    """The content of a note as a person means it to be; `due_on` is a date or None, `tags` are unique and sorted.

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
            tags=tuple(sorted({tidy for tag in self.tags if (tidy := tidy_tag(tag))})),
            status="open" if self.due_on and self.status == "none" else self.status,
        )
        faults = dict(_faults(draft))
        if faults:
            raise Invalid(faults)
        return draft


def split_tags(text: str) -> tuple[str, ...]:
    """Return the tags in what somebody typed: parted by commas or spaces, with or without a leading #."""
    return tuple(re.split(r"[,\s]+", text.strip())) if text.strip() else ()


def tidy_tag(tag: str) -> str:
    """Return the one form in which a tag is stored, so that `Work`, `#work` and `work` are the same."""
    return unicodedata.normalize("NFC", tag.strip().lstrip("#").casefold())


def excerpt(body: str) -> str:
    """Return the beginning of the text as lists show it, without the most frequent marks of Markdown."""
    lines = body[: 4 * EXCERPT_LENGTH].split("\n")
    plain = "\n".join(line[match.end() :] if (match := BEGINNING.match(line)) else line for line in lines)
    return plain.replace("**", "").replace("__", "").replace("`", "").strip()[:EXCERPT_LENGTH].rstrip()


def _is_tag(tag: str) -> bool:
    # A tag is part of an address, where one or two dots alone mean something else.
    return bool(tag.strip(".")) and not (UNSTORABLE.search(tag) or TAG_FORBIDS.search(tag))


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
    if len(draft.tags) > TAGS_AT_MOST:
        yield "tags", f"A note has at most {TAGS_AT_MOST} tags; these are {len(draft.tags)}."
    elif not all(_is_tag(tag) for tag in draft.tags):
        yield "tags", "A tag is letters, digits and signs such as - _ . + @ without spaces."
    elif any(len(tag) > TAG_LENGTH for tag in draft.tags):
        yield "tags", f"A tag has at most {TAG_LENGTH} characters."
    if draft.status not in STATUSES:
        yield "status", "A status is none, open or done."
    if draft.due_on and draft.due_on.year < FIRST_YEAR:
        yield "due_on", "Write the year with four digits."

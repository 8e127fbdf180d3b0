"""A note as the text of a Markdown file with a YAML header, and such a text, ours or anybody's, as a note.

    ---
    title: Buy milk
    tags: [home, shop]
    status: open
    due: 2026-12-01
    created: 2026-11-20 13:43:03.123456+00:00
    changed: 2026-11-20 13:43:03.123456+00:00
    exported_note: {id: 887654321098765, version: 3, revisions: 1}
    ---

    The text, to the letter.

`exported_note` marks our own files: with it the note comes back exactly as it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

import yaml

from app import clock
from app.errors import Invalid
from app.ids import LARGEST_ID
from app.notes.drafts import STATUSES, TAGS_AT_MOST, Draft, tidy_tag
from app.notes.service import PLACES, Note
from app.notes.transfer import dates, header
from app.notes.transfer.fitting import fit_tag
from app.notes.transfer.header import Entry

T = TypeVar("T")

# By what programs call them; a name is looked up without its case, and with a space for _ and -.
TITLE = {"title"}
TAGS = {"tags", "tag", "keywords"}
STATUS = {"status"}
DONE = {"done", "completed?"}  # Joplin's
DUE = {"due", "due date"}
CREATED = {"created", "date", "created at", "createdat", "date created", "created date", "creation date"}
CHANGED = {"changed", "updated", "modified", "lastmod", "updated at", "updatedat", "date modified", "last modified"}
PINNED = {"pinned"}
YES = {"true", "yes", "on", "1", "x", "done"}
NO = {"false", "no", "off", "0", "open"}
OUR_NAMES = {"title", "tags", "status", "due", "pinned", "place", "created", "changed", "exported_note"}

ATX = re.compile(r" {0,3}#(?:[ \t]+(.*))?$")
PARAGRAPH = re.compile(r" {0,3}[^\s>#`~+*-]")  # begins none of the other blocks
BLANK_LINES = re.compile(r"\A(?:[ \t]*\n)+")
CLOSING_MARKS = re.compile(r"(?:^|[ \t])#+[ \t]*$")
DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class Unusable(Exception):
    """The file cannot become a note; the message is the reason, for the person."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What our own files say beyond the content, so that the note comes back as the one it was."""

    id: int
    version: int
    revisions: int
    touched_at: int | None


@dataclass(frozen=True, slots=True)
class Remark:
    """What was adapted: the same sentence for all files, and what it was in this one."""

    sentence: str
    detail: str = ""


@dataclass(slots=True)
class Parsed:
    """What a text says of a note; None is what it does not say. `rest` is what was not understood."""

    draft: Draft
    created_at: int | None = None
    changed_at: int | None = None
    place: str = "notes"
    pinned: bool = False
    identity: Identity | None = None
    rest: list[Entry] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)


# --- Writing -----------------------------------------------------------------------------------------------------


def write(note: Note, touched_at: int | None, revisions: int) -> str:
    draft = note.draft
    identity: dict[str, Any] = {"id": note.id, "version": note.version, "revisions": revisions}
    if touched_at is not None:
        identity["touched"] = clock.to_datetime(touched_at)
    said: dict[str, Any] = {
        "title": draft.title,
        "tags": list(draft.tags) or None,
        "status": draft.status if draft.status != "none" else None,
        "due": draft.due_on,
        "pinned": note.pinned or None,
        "place": note.place if note.place != "notes" else None,
        "created": clock.to_datetime(note.created_at),
        "changed": clock.to_datetime(note.changed_at),
        "exported_note": identity,
    }
    lines = write_yaml({name: value for name, value in said.items() if value is not None})
    return f"---\n{lines}---\n\n{draft.body}"


def write_yaml(value: Mapping[str, Any]) -> str:
    # default_flow_style=None puts inner lists on one line; the width keeps long titles there, too.
    text: str = yaml.dump(
        dict(value), Dumper=DUMPER, sort_keys=False, allow_unicode=True, default_flow_style=None, width=1_000_000
    )
    return text


# --- Reading -----------------------------------------------------------------------------------------------------


def read(text: str) -> Parsed:
    """Return what `text`, whose lines end in plain newlines, says of a note."""
    entries, body = header.split(text)
    if any(entry.name == "exported_note" for entry in entries):
        try:
            return _ours(text, entries, body.removeprefix("\n"))
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError, yaml.YAMLError, Invalid):
            parsed = _anybodys(entries, body.lstrip("\n"))
            parsed.remarks.append(Remark("Its line exported_note was changed: a new note."))
            return parsed
    return _anybodys(entries, body.lstrip("\n") if entries else body)


# --- Our own files -----------------------------------------------------------------------------------------------


def _ours(text: str, entries: list[Entry], body: str) -> Parsed:
    """Read what `write` wrote, strictly. Raises one of many errors for anything else."""
    match = header.YAML.match(text)
    said = header.parse_whole(match[1]) if match else {}
    identity = said["exported_note"]
    touched = identity.get("touched")
    place = _word(said.get("place", "notes"))
    if place not in PLACES:
        raise ValueError(place)
    draft = Draft(
        title=_word(said.get("title", "")),
        body=body,
        tags=tuple(_word(tag) for tag in said.get("tags", [])),
        status=_word(said.get("status", "none")),
        due_on=date.fromisoformat(said["due"]) if "due" in said else None,
    )
    return Parsed(
        draft.cleaned(),
        created_at=_microseconds(said["created"]),
        changed_at=_microseconds(said["changed"]),
        place=place,
        pinned=said.get("pinned") == "true",
        identity=Identity(
            id=_number(identity["id"], 1, LARGEST_ID),
            version=_number(identity["version"], 1, 2**31 - 1),
            revisions=_number(identity["revisions"], 0, 2**31 - 1),
            touched_at=_microseconds(touched) if touched else None,
        ),
        rest=[entry for entry in entries if entry.name not in OUR_NAMES],
    )


def _microseconds(text: str) -> int:
    return dates.to_microseconds(dates.parse_iso(text))


def _word(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(digits: str, least: int, most: int) -> int:
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20 and least <= int(digits) <= most):
        raise ValueError(digits)
    return int(digits)


# --- Anybody's files ---------------------------------------------------------------------------------------------


def _anybodys(entries: list[Entry], body: str) -> Parsed:
    """Take the names that are known; what is left is the rest."""
    parsed = Parsed(Draft(), rest=[entry for entry in entries if not entry.is_empty])
    title = _take(parsed, TITLE, lambda text: text or None)
    parsed.created_at = _take_time(parsed, CREATED)
    parsed.changed_at = _take_time(parsed, CHANGED)
    due = _take_date(parsed, DUE)
    parsed.pinned = bool(_take(parsed, PINNED, _yes_or_no))
    status = _take(parsed, STATUS, lambda text: text.lower() if text.lower() in STATUSES else None)
    done = _take(parsed, DONE, _yes_or_no)
    if status is None and done is not None:
        status = "done" if done else "open"
    parsed.draft = Draft(
        title or first_heading(body), body, _take_tags(parsed), status or "none", due.time.date() if due else None
    )
    return parsed


def _take(parsed: Parsed, names: set[str], meaning: Callable[[str], T | None]) -> T | None:
    """Take the first entry of these names that has a meaning out of the rest, and return it."""
    for entry in parsed.rest:
        if entry.key in names:
            for text in entry.texts():
                if (found := meaning(text.strip())) is not None:
                    parsed.rest.remove(entry)
                    return found
    return None


def _take_date(parsed: Parsed, names: set[str]) -> dates.Date | None:
    found = _take(parsed, names, lambda text: (one, text) if (one := dates.parse(text)) else None)
    if found is None:
        return None
    if found[0].is_ambiguous:
        parsed.remarks.append(
            Remark(
                "A date can be read in two ways; the month was taken to stand first.",
                f"{found[1]}: {found[0].time:%Y-%m-%d}",
            )
        )
    return found[0]


def _take_time(parsed: Parsed, names: set[str]) -> int | None:
    found = _take_date(parsed, names)
    return dates.to_microseconds(found.time) if found else None


def _yes_or_no(text: str) -> bool | None:
    word = text.lower()
    return True if word in YES else False if word in NO else None


def _take_tags(parsed: Parsed) -> tuple[str, ...]:
    """Return the tags as far as they fit. What says more of them than a note can have also stays in the rest."""
    taken: dict[str, str] = {}
    for entry in [entry for entry in parsed.rest if entry.key in TAGS]:
        items = entry.items()
        if items is None:
            continue
        written = [tag for item in items if (tag := item.strip().strip("[]").strip())]
        fitting = {tag: fit_tag(tag) for tag in written}
        _remark_changes(fitting, parsed.remarks)
        left = [tag for tag in written if not _take_tag(fitting[tag], taken)]
        if left:
            parsed.remarks.append(Remark("Not all its tags fit; they stand at the end of the text.", _few(left)))
        else:
            parsed.rest.remove(entry)
    return tuple(taken.values())


def _take_tag(tag: str, taken: dict[str, str]) -> bool:
    """Put the tag among those that are taken, by its stored form, and return whether there was room."""
    key = tidy_tag(tag)
    if not key or (key not in taken and len(taken) >= TAGS_AT_MOST):
        return False
    taken.setdefault(key, tag)
    return True


def _remark_changes(fitting: Mapping[str, str], remarks: list[Remark]) -> None:
    changed = [f"{tag!r} became {new!r}" for tag, new in fitting.items() if new and new != tag.lstrip("#")]
    if changed:
        remarks.append(Remark("What a tag cannot hold became a hyphen.", _few(changed)))


def _few(words: Iterable[str]) -> str:
    some = list(words)
    return ", ".join(some[:5]) + (f" and {len(some) - 5} more" if len(some) > 5 else "")


def with_rest(parsed: Parsed, file_name: str) -> str:
    """Return the text, and after it in a block of code what was not understood and the file's name, if need be."""
    raw = "".join(entry.raw.rstrip() + "\n" for entry in parsed.rest)
    if parsed.rest:
        names = _few(entry.name or entry.raw.strip()[:20] for entry in parsed.rest)
        parsed.remarks.append(Remark("A part of its header stands at the end of the text.", names))
    if file_name:
        raw += yaml.dump(
            {"file": file_name}, Dumper=DUMPER, allow_unicode=True, default_flow_style=False, width=1_000_000
        )
        parsed.remarks.append(Remark("Its file's name is not its title; it stands at the end of the text.", file_name))
    if not raw:
        return parsed.draft.body
    fence = max(re.findall(r"^`{3,}", raw, re.MULTILINE), default="``", key=len) + "`"
    language = parsed.rest[0].language if parsed.rest and not file_name else "yaml"
    return f"{parsed.draft.body.rstrip()}\n\n{fence}{language}\n{raw}{fence}\n".lstrip("\n")


# --- Titles ------------------------------------------------------------------------------------------------------


def first_heading(text: str) -> str:
    """Return the heading of the first level that the text begins with, "" where it begins with something else."""
    first, _, second = BLANK_LINES.sub("", text).partition("\n")
    if (match := ATX.match(first)) is not None:
        return CLOSING_MARKS.sub("", match[1] or "").strip()
    underline = second.partition("\n")[0].strip(" \t")
    return first.strip() if underline and not underline.strip("=") and PARAGRAPH.match(first) else ""

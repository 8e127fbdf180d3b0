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
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from app.notes.drafts import STATUSES, TAG_FORBIDS, Draft
from app.notes.models import TITLE_LENGTH
from app.notes.service import Note
from app.notes.transfer import moments

HEADER_LENGTH = 16 * 1024
NO_VALUE = {"", "~", "null", "none"}
YES = {"true", "yes", "on", "1", "x", "done"}
NO = {"false", "no", "off", "0", "open"}
PLACES = {"notes", "archive", "trash"}
OUR_NAMES = {"title", "tags", "status", "due", "pinned", "place", "created", "changed", "exported_note"}

# Only what begins like a header is one: a line of dashes is also a rule above plain text.
HEADER_BEGINS = re.compile(r"---[ \t]*\n(?:[ \t]*(?:#[^\n]*)?\n)*[\"']?[\w-]+[\"']?[ \t]*:")
HEADER = re.compile(r"---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
HEADING = re.compile(r" {0,3}#[ \t]")
FENCE = re.compile(r" {0,3}(?:```|~~~)")

# The base loader makes strings, lists and dicts and nothing else: no objects, and "no" or "007" stay what they are.
LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
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


@dataclass(slots=True)
class Parsed:
    """What a text says of a note; None is what it does not say. `remarks` are sentences about what was adapted."""

    draft: Draft
    created_at: int | None = None
    changed_at: int | None = None
    place: str = "notes"
    pinned: bool = False
    identity: Identity | None = None
    remarks: list[str] = field(default_factory=list)


# --- Writing -----------------------------------------------------------------------------------------------------


def write(note: Note, touched_at: int | None, revisions: int) -> str:
    draft = note.draft
    identity: dict[str, Any] = {"id": note.id, "version": note.version, "revisions": revisions}
    if touched_at is not None:
        identity["touched"] = moments.shown(touched_at)
    header: dict[str, Any] = {
        "title": draft.title,
        "tags": list(draft.tags) or None,
        "status": draft.status if draft.status != "none" else None,
        "due": draft.due_on,
        "pinned": note.pinned or None,
        "place": note.place if note.place != "notes" else None,
        "created": moments.shown(note.created_at),
        "changed": moments.shown(note.changed_at),
        "exported_note": identity,
    }
    said = {name: value for name, value in header.items() if value is not None}
    return f"---\n{_yaml(said)}---\n\n{draft.body}"


def _yaml(value: Mapping[str, Any]) -> str:
    # default_flow_style=None puts inner lists on one line; the width keeps long titles there, too.
    text: str = yaml.dump(
        dict(value), Dumper=DUMPER, sort_keys=False, allow_unicode=True, default_flow_style=None, width=1_000_000
    )
    return text


# --- Reading -----------------------------------------------------------------------------------------------------


def read(text: str) -> Parsed:
    """Return what `text`, whose lines end in plain newlines, says of a note. Raises Unusable for a broken header."""
    match = HEADER.match(text) if HEADER_BEGINS.match(text) else None
    if match is None:
        return Parsed(Draft(title=first_heading(text), body=text))
    header, body = _header(match[1]), text[match.end() :]
    if "exported_note" in header:
        return _ours(header, body.removeprefix("\n"))
    return _anybodys(header, body.lstrip("\n"))


def _header(text: str) -> dict[str, Any]:
    if len(text) > HEADER_LENGTH:
        raise Unusable(f"Its YAML header is longer than {HEADER_LENGTH // 1024} KiB.")
    loader = LOADER(text)
    try:
        # A few anchors and aliases can stand for billions of values. An alias without an anchor is an error anyway.
        if "&" in text and any(isinstance(token, yaml.AnchorToken) for token in yaml.scan(text, Loader=LOADER)):
            raise Unusable("Its YAML header uses anchors, which are not read.")
        node = loader.get_single_node()
        header = loader.construct_document(node)
    except (yaml.YAMLError, RecursionError) as error:
        raise Unusable(f"Its YAML header cannot be read{_where(error)}.") from None
    finally:
        loader.dispose()
    if not isinstance(header, dict):
        raise Unusable("Its YAML header is not a list of names and values.")
    if len(header) < len(node.value):
        raise Unusable("Its YAML header gives a name twice.")
    return header


def _where(error: Exception) -> str:
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    # The header begins in the second line of the file.
    return f" (line {mark.line + 2}: {problem})" if mark and problem else ""


def _ours(header: Mapping[str, Any], body: str) -> Parsed:
    remarks: list[str] = []
    rest = {name: value for name, value in header.items() if name not in OUR_NAMES}
    try:
        identity = header["exported_note"]
        created, changed = (moments.needed(moments.parse(header[name])) for name in ("created", "changed"))
        place = _word(header.get("place", "notes"))
        touched = identity.get("touched")
        parsed = Parsed(
            Draft(
                title=_word(header.get("title", "")),
                body=_with_rest(body, rest, remarks),
                tags=_tags(dict(header)),
                status=_word(header.get("status", "none")),
                due_on=moments.needed(moments.parse_day(header["due"])) if "due" in header else None,
            ),
            created_at=created,
            changed_at=changed,
            place=place,
            pinned=header.get("pinned") == "true",
            identity=Identity(
                id=_number(identity["id"], 1, 2**53 - 1),
                version=_number(identity["version"], 1, 2**31 - 1),
                revisions=_number(identity["revisions"], 0, 2**31 - 1),
                touched_at=moments.needed(moments.parse(touched)) if touched else None,
            ),
            remarks=remarks,
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Unusable("Its header says exported_note, but it is not as the export writes it.") from None
    if place not in PLACES:
        raise Unusable("Its place is not notes, archive or trash.")
    return parsed


def _word(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(digits: str, least: int, most: int) -> int:
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20 and least <= int(digits) <= most):
        raise ValueError(digits)
    return int(digits)


def _anybodys(header: dict[str, Any], body: str) -> Parsed:
    """Take the names that are known; what is left stays in the text, so that nothing is lost."""
    parsed = Parsed(Draft())
    title = header.pop("title") if isinstance(header.get("title"), str) else ""
    tags = fitting_tags(_tags(header), parsed.remarks)
    status = _status(header)
    due_on = _take(header, ("due",), moments.parse_day)
    parsed.created_at = _take(header, ("created", "date"), moments.parse)
    parsed.changed_at = _take(header, ("changed", "updated", "modified"), moments.parse)
    parsed.pinned = bool(_take(header, ("pinned",), _yes_or_no))
    parsed.draft = Draft(title or first_heading(body), _with_rest(body, header, parsed.remarks), tags, status, due_on)
    return parsed


def _with_rest(body: str, header: Mapping[str, Any], remarks: list[str]) -> str:
    if not header:
        return body
    remarks.append(f"What its header says of {', '.join(map(str, header))} stands at the end of the text.")
    return f"{body.rstrip()}\n\n```yaml\n{_yaml(header)}```\n"


def _take(header: dict[str, Any], names: tuple[str, ...], meaning: Any) -> Any:
    """Take the first of `names` out of the header whose value has a meaning; a name without a value just goes."""
    for name in names:
        value = header.get(name)
        if not isinstance(value, str):
            continue
        if value.strip().lower() in NO_VALUE:
            del header[name]
        elif (found := meaning(value)) is not None:
            del header[name]
            return found
    return None


def _yes_or_no(value: str) -> bool | None:
    word = value.strip().lower()
    return True if word in YES else False if word in NO else None


def _status(header: dict[str, Any]) -> str:
    status = _take(
        header, ("status",), lambda value: value.strip().lower() if value.strip().lower() in STATUSES else None
    )
    done = _take(header, ("done",), _yes_or_no)
    if status or done is None:
        return status or "none"
    return "done" if done else "open"


def _tags(header: dict[str, Any]) -> tuple[str, ...]:
    tags = header.get("tags", "")
    if isinstance(tags, str):
        header.pop("tags", None)
        tags = tags.split("," if "," in tags else None) if tags.strip().lower() not in NO_VALUE else []
    elif isinstance(tags, list) and all(isinstance(tag, str) for tag in tags):
        del header["tags"]
    else:
        return ()
    return tuple(tags)


def fitting_tags(tags: tuple[str, ...], remarks: list[str]) -> tuple[str, ...]:
    """Return the tags with a hyphen in place of what a tag cannot hold, such as spaces; say so in `remarks`."""
    fitting = {tag: fitting_tag(tag) for tag in tags if tag.strip()}
    remarks += [f"The tag {tag!r} became {new!r}." for tag, new in fitting.items() if new != tag.strip().lstrip("#")]
    return tuple(new for new in fitting.values() if new)


def fitting_tag(tag: str) -> str:
    return "-".join(re.sub(r"[\s,]+", " ", TAG_FORBIDS.sub(" ", tag.strip().lstrip("#"))).split())


# --- Titles ------------------------------------------------------------------------------------------------------


def first_heading(text: str) -> str:
    """Return the first heading of the first level (`# ...`) that is not in a block of code, "" when there is none."""
    in_code = False
    for line in text.split("\n"):
        if FENCE.match(line):
            in_code = not in_code
        elif not in_code and HEADING.match(line) and (heading := _without_closing_marks(line)):
            return heading
    return ""


def _without_closing_marks(line: str) -> str:
    heading = line.strip()[1:].strip()
    open_ended = heading.rstrip("#")
    return open_ended.rstrip() if open_ended[-1:] in ("", " ", "\t") else heading


def with_fitting_title(draft_title: str, body: str) -> tuple[str, str]:
    """Return title and text; a title that is too long is cut, and stands in full above the text."""
    title = " ".join(draft_title.split())
    if len(title) <= TITLE_LENGTH:
        return title, body
    return title[: TITLE_LENGTH - 1].rstrip() + "…", f"{title}\n\n{body}"

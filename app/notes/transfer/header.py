"""The header of a Markdown file, YAML or TOML: read name by name, so that one that is broken spoils no other.

What a name says is read as a person means it, also where it is no valid YAML (`title: Plan: phase two`,
`tags: #one #two`). Whatever is not understood is still there as it was written: `Entry.raw`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

PARSED_LENGTH = 16 * 1024  # of one entry; the parsers take long for more, and nothing that a note has is longer

# Only what begins like a header is one: a line of dashes is also a rule above plain text.
NAME = r"[\"']?[\w?.@-]+(?: [\w?.@-]+){0,3}[\"']?"
BEGINS = re.compile(r"---[ \t]*\n(?:[ \t]*(?:#[^\n]*|<%[^\n]*)?\n)*[ \t]*" + NAME + r"[ \t]*:(?=\s)")
YAML = re.compile(r"---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
TOML = re.compile(r"\+\+\+[ \t]*\n(.*?\n)\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL)
YAML_ENTRY = re.compile(rf"({NAME})[ \t]*:(?=\s|$)")
TOML_ENTRY = re.compile(rf"({NAME})[ \t]*=")
ITEM = re.compile(r"[ \t]*-(?:[ \t]+(.*))?$")
QUOTED_ITEM = re.compile(r"\s*(?:\"([^\"]*)\"|'([^']*)'|([^,]*))\s*(?:,|$)")
NO_VALUE = {"", "~", "null", "none", "[]", "{}", '""', "''"}

# The base loader makes strings, lists and dicts and nothing else: no objects, and "no" or "007" stay what they are.
LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True, slots=True)
class Entry:
    """A name of a header and its value; a line that is no such thing has no name."""

    name: str
    raw: str
    language: str

    @property
    def key(self) -> str:
        """The name as it is looked up: `Date_Created` and `date created` are the same."""
        return re.sub(r"[\s_-]+", " ", self.name.strip("\"'").lower())

    @property
    def written(self) -> str:
        """What stands after the name, as far as it is one line."""
        return self.raw.strip()[len(self.name) :].lstrip()[1:].strip() if "\n" not in self.raw.strip() else ""

    @property
    def is_empty(self) -> bool:
        return bool(self.name) and "\n" not in self.raw.strip() and self.written.lower() in NO_VALUE

    def texts(self) -> list[str]:
        """Return what the value may mean as one text, the likeliest first; [] if it is none."""
        parsed = self._parsed()
        text = [parsed] if isinstance(parsed, str) else []
        is_quoted = self.written[:1] in {'"', "'"} and text
        return text if is_quoted else [*([self.written] if self.written else []), *text]

    def items(self) -> list[str] | None:
        """Return the value as a list of texts, None where it is neither that nor one text."""
        block = self._block_items()
        if block is not None:
            return block
        parsed = self._parsed()
        if isinstance(parsed, list):
            return _flat(parsed)
        if self.written.startswith("["):  # a list in which something must have been quoted
            return _loose_items(self.written.strip("[] "))
        if not self.texts() or self.written[:1] in {"{", "&", "*", "!"}:
            return None
        return _items_of(self.texts()[0])

    def _block_items(self) -> list[str] | None:
        """Return the items of a list with one a line, whatever they hold; None if it is no such list."""
        first, *rest = self.raw.rstrip().split("\n")
        matches = [ITEM.match(line) for line in rest if line.strip()]
        if not matches or first.rstrip()[-1:] != ":" or not all(matches):
            return None
        return [_unquoted(match[1] or "") for match in matches if match]

    def _parsed(self) -> Any:
        """Return what the language of the header makes of the value, None where that is nothing or an error."""
        if len(self.raw) > PARSED_LENGTH:
            return None
        value = _from_toml(self.raw) if self.language == "toml" else _from_yaml(self.raw)
        return next(iter(value.values())) if isinstance(value, dict) and len(value) == 1 else None


def split(text: str) -> tuple[list[Entry], str]:
    """Return the entries of the header that `text` begins with, and what follows it; no entries if there is none."""
    for language, begins, whole, entry in (("yaml", BEGINS, YAML, YAML_ENTRY), ("toml", TOML, TOML, TOML_ENTRY)):
        match = whole.match(text) if begins.match(text) else None
        entries = list(_entries(match[1], entry, language)) if match else []
        # "Dear John:" between two rules is no header, where prose follows.
        if match and (all(one.name for one in entries) or " " not in entries[0].name):
            return entries, text[match.end() :]
    return [], text


def _entries(text: str, entry: re.Pattern[str], language: str) -> Iterator[Entry]:
    name, lines, in_table = "", list[str](), False  # in TOML, all that follows a [table] belongs to it
    indent = re.match(r"(?:[ \t]*\n)*([ \t]*)", text)[1]  # type: ignore[index]  # matches any text
    for indented in text.splitlines(keepends=True):
        line = indented.removeprefix(indent)
        begins = None if in_table else entry.match(line)
        is_inside = in_table or (name and (not line.strip() or line[0] in " \t-]}"))
        if begins or not is_inside:
            if "".join(lines).strip():
                yield Entry(name, "".join(lines), language)
            name, lines = begins[1] if begins else "", []
            in_table = language == "toml" and line.startswith("[")
        lines.append(line)
    if "".join(lines).strip():
        yield Entry(name, "".join(lines), language)


def parse_whole(text: str) -> dict[str, Any]:
    """Return a header that the export wrote. Raises yaml.YAMLError, RecursionError or ValueError for many others."""
    if len(text) > PARSED_LENGTH or not isinstance(value := _load(text), dict):
        raise ValueError("not as the export writes it")
    return value


def _load(text: str) -> Any:
    # A few anchors and aliases can stand for billions of values. An alias without an anchor is an error anyway.
    if "&" in text and any(isinstance(token, yaml.AnchorToken) for token in yaml.scan(text, Loader=LOADER)):
        raise ValueError("anchors are not read")
    return yaml.load(text, Loader=LOADER)  # noqa: S506  # the base loader makes no objects


def _from_yaml(text: str) -> Any:
    try:
        return _load(text.expandtabs(2))
    except (yaml.YAMLError, RecursionError, ValueError):
        return None


def _from_toml(text: str) -> Any:
    try:
        value = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        return None
    return {name: _as_texts(one) for name, one in value.items()}


def _as_texts(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_texts(one) for one in value]
    if isinstance(value, dict):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def _flat(items: list[Any]) -> list[str] | None:
    """Return the texts of a list; `[[Home]]`, a link, is a list in a list."""
    found: list[str] = []
    for item in items:
        inner = item if isinstance(item, list) else [item]
        if not all(isinstance(one, str) for one in inner):
            return None
        found += inner
    return found


def _loose_items(text: str) -> list[str]:
    return [next((part for part in match.groups() if part), "").strip() for match in QUOTED_ITEM.finditer(text)]


def _items_of(text: str) -> list[str]:
    """Return the items of a list that somebody wrote in one line: by commas, or else by spaces."""
    return [item for item in (text.split(",") if "," in text else text.split()) if item.strip()]


def _unquoted(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text

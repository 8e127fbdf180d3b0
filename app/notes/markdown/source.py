"""What is marked in a Markdown text before it is parsed, so that nothing of it is taken for what it is not.

The marks are signs that the text does not contain; what the parser makes of them is known, and restored afterwards:
in code, in texts and in addresses alike. So nothing here needs to know where code begins.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import quote

from app.notes.checklists import ITEM
from app.notes.markdown import bounds
from app.notes.markdown.bounds import TooMuch
from app.notes.markdown.links import SCHEMES
from app.notes.markdown.tags import WRITTEN

# Unicode reserves these for a program's own use inside; a text may contain them all the same.
NONCHARACTERS = [chr(code) for code in range(0xFDD0, 0xFDF0)]


class Signs(NamedTuple):
    """One sign for each purpose."""

    less: str  # a < that begins no tag of ours
    tag: str  # stands behind a tag that somebody wrote, which tells it from the parser's
    tilde: str
    star: str
    underscore: str
    pipe: str
    mark: str  # stands around the number of a definition
    text: str  # keeps what would be a definition a text
    item: str  # stands around the number of a line that can be ticked


# --- Tags, addresses, tildes -------------------------------------------------------------------------------------

ATTRIBUTE = r"""\s++[a-zA-Z_:][\w.:-]*+(?:\s*+=\s*+(?:"[^"<\n]*+"|'[^'<\n]*+'|[^\s"'=<>`]++))?+"""
# What these begin ends before the next <, so the whole is linear.
SPECIAL = re.compile(
    rf"""
    \\[\\<~]
    | (?P<target> \](?:\(|:)\s*+<(?!/?(?:{"|".join(sorted(WRITTEN))})[\s/>])[^<>\n]*+> )
    | (?P<address> (?:https?://|www\.)[^\s<]++ )
    | <(?:{"|".join(SCHEMES)}):[^\s<>]*+>
    | <[\w.!#$%&'*+/=?^`{{|}}~-]++@[\w.-]++>
    | (?P<tag> </(?:{"|".join(sorted(WRITTEN))})\s*+> | <(?:{"|".join(sorted(WRITTEN))})(?:{ATTRIBUTE})*+[^\S\n]*+/?> )
    | (?P<less> <+(?=<) | < )
    | (?P<tildes> ~++ )
    """,
    re.VERBOSE | re.IGNORECASE,
)


def _mark_signs(text: str, signs: Signs) -> str:
    in_address = str.maketrans({"~": signs.tilde, "*": signs.star, "_": signs.underscore})

    def marked(match: re.Match[str]) -> str:
        found = match.group()
        kind = match.lastgroup
        if kind == "less":
            return signs.less * len(found)
        if kind == "tag":
            return found + signs.tag
        if kind == "tildes":
            return signs.tilde if len(found) == 1 else found
        return found.translate(in_address) if kind == "address" else found

    return SPECIAL.sub(marked, text)


# --- Tables ------------------------------------------------------------------------------------------------------

AROUND_ROW = re.compile(r"[\s>]*+(?:(?:[-*+]|\d{1,9}[.)])[ \t]++)?+")
DELIMITERS = re.compile(r"\|?+[ \t]*+:?-++:?[ \t]*+(?:\|[ \t]*+:?-++:?[ \t]*+)*+\|?+[ \t]*+")
PIPE = re.compile(r"\\.|\|", re.DOTALL)


def _mark_pipes(text: str, sign: str) -> str:
    """Let cells beyond the columns of their table stand in its last one: the parser would leave them out.

    Raises TooMuch.
    """
    lines = text.split("\n")
    columns = widest = cells = before = 0
    for number, line in enumerate(lines):
        begin = AROUND_ROW.match(line).end()  # type: ignore[union-attr]  # it matches always
        if begin == len(line):
            columns = widest = before = 0
            continue
        pipes: list[int] = []
        inner: list[int] = []
        if "|" in line:
            pipes = [match.start() for match in PIPE.finditer(line, begin) if match.group() == "|"]
            inner = pipes[line.startswith("|", begin) :]
            if inner and not line[inner[-1] + 1 :].strip():
                inner.pop()
        if pipes and DELIMITERS.fullmatch(line, begin):
            widest = max(widest, len(inner) + 1)
            columns = columns or (len(inner) + 1 if before == len(inner) + 1 else 0)
        elif columns and len(inner) >= columns:
            lines[number] = _replaced(line, set(inner[columns - 1 :]), sign)
        before = len(inner) + 1
        cells += widest
        if cells > bounds.CELLS or widest > bounds.COLUMNS:
            raise TooMuch("tables too large")
    return "\n".join(lines)


def _replaced(line: str, positions: Collection[int], sign: str) -> str:
    return "".join(sign if position in positions else letter for position, letter in enumerate(line))


# --- Definitions -------------------------------------------------------------------------------------------------

LABEL = r"(?:\\.|[^\[\]\\])"
DEFINITION = re.compile(
    rf"""
    ^[ \t>*+\-\d.)]*+
    (?: \[\^[^\]\n\t]++\]:[^\n]*+ (?P<note>)
      | \[(?!\^){LABEL}++\]:[ \t]*+ (?: (?=\n) (?P<below>) | <?+ (?=\S) (?P<link>) )
    )
    """,
    re.MULTILINE | re.VERBOSE | re.DOTALL,
)


def _mark_definitions(text: str, signs: Signs, kept: Collection[int]) -> tuple[str, int]:
    """Number the definitions of footnotes and links: the parser leaves out those that nothing refers to.

    Those whose numbers are in `kept` stay texts. Returns the text, and how many there are.
    """
    number = 0
    kept_until = -1

    def marked(match: re.Match[str]) -> str:
        nonlocal number, kept_until
        found = match.group()
        # A definition cannot follow a line of text directly.
        apart = "\n" if kept_until >= 0 and text.count("\n", kept_until, match.start()) == 1 else ""
        as_text = match.lastgroup == "below" or number in kept
        kept_until = match.end() if number in kept else -1
        if match.lastgroup != "below":
            number += 1
        if as_text:
            return apart + found.replace("]:", f"]{signs.text}:", 1)
        return f"{apart}{found}{signs.mark}{number - 1}{signs.mark}"

    return DEFINITION.sub(marked, text), number


# --- Links to notes ----------------------------------------------------------------------------------------------

BRACKETED = re.compile(r"\[(\[[^\[\]\n]*+\]\]\()")


# --- Items -------------------------------------------------------------------------------------------------------


def _mark_items(text: str, sign: str) -> str:
    """Number the lines that can be ticked, from 0."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if item := ITEM.match(line):
            lines[number] = f"{item.group()}{sign}{number}{sign} {line[item.end() :]}"
    return "\n".join(lines)


# --- The whole ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Marked:
    """A text whose signs are marked; `text` is what the parser gets."""

    text: str
    signs: Signs
    has_tables: bool
    has_items: bool
    has_links: bool
    unnumbered: str  # the text before its definitions were numbered
    definitions: int

    def lost(self, html: str) -> set[int]:
        """Return the numbers of the definitions that the parser left out."""
        if not self.definitions:
            return set()
        return set(range(self.definitions)) - {int(number) for number in self._mark().findall(html)}

    def keep(self, lost: Collection[int]) -> Marked:
        return replace(self, text=_mark_definitions(self.unnumbered, self.signs, lost)[0])

    def restore(self, html: str) -> str:
        """Return the parser's HTML without the marks, except those behind tags."""
        signs = self.signs
        if self.definitions:
            html = self._mark().sub("", html)
        if self.has_items:
            html = self._restore_items(html)
        for sign, meant in (
            (signs.less, "&lt;"), (signs.tilde, "~"), (signs.star, "*"), (signs.underscore, "_"), (signs.pipe, "|"),
            (signs.text, ""),
        ):  # fmt: skip
            html = html.replace(sign, meant).replace(quote(sign), quote(meant.replace("&lt;", "<")))
        return html.replace(quote(signs.tag), "")

    def _restore_items(self, html: str) -> str:
        """Give each box the number of its line as its value, and take the other numbers away."""
        sign = f"(?:{self.signs.item}|{quote(self.signs.item)})"
        boxes = re.compile(rf"""( disabled="" />\s*+(?:<p>)?){sign}(\d++){sign} ?""")
        return re.sub(rf"{sign}\d++{sign} ?", "", boxes.sub(r' value="\2"\1', html))

    def _mark(self) -> re.Pattern[str]:
        mark = f"(?:{self.signs.mark}|{quote(self.signs.mark)})"
        return re.compile(rf"{mark}(\d+){mark}")


def prepare(text: str, *, items: bool = False, links: bool = False) -> Marked:
    """Return the text as the parser gets it, on demand with its items numbered and links to notes. Raises TooMuch."""
    if ">" * bounds.QUOTES in text:
        raise TooMuch("too many elements in each other")
    signs = _free_signs(text)
    has_tables = "|" in text and "-" in text
    if has_tables:
        text = _mark_pipes(text, signs.pipe)
    has_items = items and "]" in text
    if has_items:
        text = _mark_items(text, signs.item)
    if links:  # [[1]](https://example.org) leads there
        text = BRACKETED.sub(rf"[{signs.text}\1", text)
    text = _mark_signs(text, signs)
    numbered, definitions = _mark_definitions(text, signs, ()) if "]:" in text else (text, 0)
    return Marked(numbered, signs, has_tables, has_items, links, text, definitions)


def _free_signs(text: str) -> Signs:
    free = [sign for sign in NONCHARACTERS if sign not in text]
    if len(free) < len(Signs._fields):
        raise TooMuch("too many unusual signs")
    return Signs(*free[: len(Signs._fields)])

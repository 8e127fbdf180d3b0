"""Rules that AWS's models state in the text of a parameter only: which characters it has, how many, where."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Rule:
    """A value matches the pattern as a whole; `lists` says that it comes of a list of characters."""

    sentence: str
    pattern: re.Pattern[str]
    lists: bool


NAMED = {
    "alphanumeric characters": "A-Za-z0-9",
    "alphanumeric": "A-Za-z0-9",
    "ASCII characters in the range of 33-126": "!-~",
    "any ASCII character 33 to 126": "!-~",
    "uppercase and lowercase ASCII letters": "A-Za-z",
    "ASCII letters": "A-Za-z",
    "lowercase letters": "a-z",
    "letters": "A-Za-z",
    "numbers": "0-9",
    "digits": "0-9",
    "hyphens": "-",
    "dashes": "-",
    "underscores": "_",
    "underscore": "_",
    "periods": ".",
    "spaces": " ",
    "forward slashes": "/",
}
# A name, perhaps with its sign in brackets; a range; signs in quotes; or two signs and more, as they are.
ITEM = re.compile(
    rf"(?P<named>{'|'.join(NAMED)})(?: \([^)\d]{{1,25}}\))?"
    r"|(?P<range>[A-Za-z0-9]-[A-Za-z0-9])(?![\w-])"
    r"|(?P<quote>['\"])(?P<quoted>[^\sA-Za-z0-9'\"]+)(?P=quote)"
    r"|(?P<signs>[^\sA-Za-z0-9]{2,})(?!\S)"
)
BETWEEN = re.compile(r",? (?:and|or) (?:the following characters: )?|, |$")
LIST = re.compile(
    r"(?:(?:[Vv]alid|[Aa]llowed) characters(?: are|:)"
    r"|(?:[Mm]ust|can) (?:contain|be)(?: only| from| no more than)*"
    r"|[Uu]p to(?= \d)|made up of only) "
    r"(?:(?:(?P<least>\d+) to )?(?P<most>\d+) )?"
)
MOST = re.compile(
    r"(?:[Uu]p to|[Mm]aximum(?: of)?|cannot exceed) (?P<most>\d+)(?: Unicode| ASCII)? (?:characters|octets)"
)
BETWEEN_LENGTHS = re.compile(r"must be between (?P<least>\d+) and (?P<most>\d+) characters")
BEGINNING = re.compile(
    r"(?:[Mm]ay not|[Cc]an't|[Cc]annot|must not) (?:begin|start) with \"?(?P<word>[\w/-]+[-:/])(?![\w-])"
)
FIXED = {
    r"[Ff]irst character must be a letter": r"[A-Za-z].*",
    r"[Cc]an't end with a hyphen or contain two consecutive hyphens": r"(?!.*--).*(?<!-)",
    r"must not begin or end with a hyphen": r"(?!-).*(?<!-)",
    r"[Cc]annot use a colon \(:\)": r"[^:]*",
}


@cache
def rules(documentation: str) -> tuple[Rule, ...]:
    """What is not read is no rule. A text with several lists speaks of several cases, such as engines: it has none."""
    # "letters or numbers", and the next sentence says where a hyphen cannot be: then it can be elsewhere.
    more = r"\-" if "end with a hyphen" in documentation else ""
    read = [rule for sentence in sentences(documentation) for rule in rules_of(sentence, more)]
    lists = {rule.pattern for rule in read if rule.lists}
    return tuple(read) if len(lists) <= 1 else ()


def sentences(documentation: str) -> list[str]:
    lines = re.sub(r"</?(?:p|li|ul|note|dl|dt|dd|important)>", "\0", documentation)
    text = " ".join(html.unescape(re.sub(r"<[^>]+>", "", lines)).split())
    found = re.split(r"\0|(?<=[\w)\"])\. (?=[A-Z(])", text)
    return [sentence.strip() for sentence in found if not sentence.startswith("For ")]  # of one case, or an example


def rules_of(sentence: str, more: str) -> Iterator[Rule]:
    for pattern in character_patterns(sentence, more):
        yield Rule(sentence, re.compile(pattern, re.DOTALL), lists=True)
    for pattern in (*length_patterns(sentence), *place_patterns(sentence)):
        yield Rule(sentence, re.compile(pattern, re.DOTALL), lists=False)


def character_patterns(sentence: str, more: str) -> Iterator[str]:
    for head in LIST.finditer(sentence):
        characters = characters_from(sentence[head.end() :])
        if characters:
            most = head["most"] or ""
            yield f"[{characters}{more}]{{{head['least'] or 0},{most}}}"


def characters_from(text: str) -> str:
    """The inside of a class of characters, of the list that a text begins with."""
    found = ""
    while item := ITEM.match(text):
        signs = re.escape(item["quoted"] or item["signs"] or "")
        found += NAMED.get(item["named"] or "", "").replace(
            "-", r"\-" if item["named"] in ("hyphens", "dashes") else "-"
        )
        found += item["range"] or signs
        rest = text[item.end() :]
        between = BETWEEN.match(rest)
        if not between or not rest:
            break
        text = rest[between.end() :]
    return found


def length_patterns(sentence: str) -> Iterator[str]:
    for length in (*MOST.finditer(sentence), *BETWEEN_LENGTHS.finditer(sentence)):
        least = length.groupdict().get("least") or 0
        yield f".{{{least},{length['most']}}}"


def place_patterns(sentence: str) -> Iterator[str]:
    for beginning in BEGINNING.finditer(sentence):
        yield f"(?!{re.escape(beginning['word'])}).*"
    for said, pattern in FIXED.items():
        if re.search(said, sentence):
            yield pattern

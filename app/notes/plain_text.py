"""The words of a Markdown text without its marks, for two lines in a list; a few lines at a time."""

from __future__ import annotations

import re

# What begins headings, quotes, items, fences, rules and tables; in two lines of text it is only noise.
BEGINNING = re.compile(r"(?m)^[ \t]*(?:(?:[#>]+ |[-*+] )+(?:\[[ xX]\] |\[![A-Z]+\]$)?|```.*|~~~.*|[-*_=|: ]{3,}$)")
NOTE_LINK = re.compile(r"\[\[(?:[^\[\]|\n]{1,300}\|)?([^\[\]|\n]{1,300})\]\]")
LINK = re.compile(
    r"!?\[([^\[\]]{0,300})\](?:\([^()\s]{0,1000}(?:[ \t]+[\"'][^\"'()]{0,200}[\"'])?\)|\[[^\[\]]{0,100}\])"
)
ADDRESS = re.compile(r"<((?:https?:|mailto:)[^\s<>]{1,1000})>")
STRONG_BESIDE_IDEOGRAPHS = re.compile(r"\*\*([^*\n]{1,300})\*\*")
STARRED = re.compile(r"(?<![\w*])(\*{1,3})(?=[^\s*])(.{1,300}?)(?<=[^\s*])\1(?![\w*])")
UNDERLINED = re.compile(r"(?<!\w)(_{1,3})(?=[^\s_])(.{1,300}?)(?<=[^\s_])\1(?!\w)")
STRUCK = re.compile(r"~~(?=\S)([^~]{1,300})~~")

# What is replaced by one of its groups, in this order, and the sign without which it cannot be there.
MARKS = (
    ("[", NOTE_LINK, r"\1"),
    ("[", LINK, r"\1"),
    ("[", LINK, r"\1"),  # a picture in a link
    ("<", ADDRESS, r"\1"),
    ("*", STRONG_BESIDE_IDEOGRAPHS, r"\1"),
    ("*", STARRED, r"\2"),
    ("_", UNDERLINED, r"\2"),
    ("~", STRUCK, r"\1"),
)


def plain_text(text: str) -> str:
    """Return the text without the most frequent marks of Markdown; what is no mark stays."""
    plain = BEGINNING.sub("", text).replace("`", "")
    for sign, mark, inside in MARKS:
        if sign in plain:
            plain = mark.sub(inside, plain)
    return plain

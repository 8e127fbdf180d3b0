"""The words of a Markdown text without its marks, for two lines in a list; a few lines at a time."""

from __future__ import annotations

import re

# What begins headings, quotes, items, fences, rules and tables; in two lines of text it is only noise.
BEGINNING = re.compile(r"[ \t]*(?:(?:[#>]+ |[-*+] )+(?:\[[ xX]\] |\[![A-Z]+\]$)?|```.*|~~~.*|[-*_=|: ]{3,}$)")
LINK = re.compile(
    r"!?\[([^\[\]]{0,300})\](?:\([^()\s]{0,1000}(?:[ \t]+[\"'][^\"'()]{0,200}[\"'])?\)|\[[^\[\]]{0,100}\])"
)
NOTE_LINK = re.compile(r"\[\[(?:[^\[\]|\n]{1,300}\|)?([^\[\]|\n]{1,300})\]\]")
ADDRESS = re.compile(r"<((?:https?:|mailto:)[^\s<>]{1,1000})>")
EMPHASIS = re.compile(
    r"(?<![\w*])(\*{1,3})(?=[^\s*])(.{1,300}?)(?<=[^\s*])\1(?![\w*])|(?<!\w)(_{1,3})(?=[^\s_])(.{1,300}?)(?<=[^\s_])\3(?!\w)"
)
STRUCK = re.compile(r"~~(?=\S)([^~]{1,300})~~")
STRONG_BESIDE_IDEOGRAPHS = re.compile(r"\*\*([^*\n]{1,300})\*\*")


def plain_text(text: str) -> str:
    """Return the text without the most frequent marks of Markdown; what is no mark stays."""
    lines = (line[match.end() :] if (match := BEGINNING.match(line)) else line for line in text.split("\n"))
    plain = NOTE_LINK.sub(r"\1", "\n".join(lines).replace("`", ""))
    for _ in range(2):  # a picture in a link
        plain = LINK.sub(r"\1", plain)
    plain = STRONG_BESIDE_IDEOGRAPHS.sub(r"\1", ADDRESS.sub(r"\1", plain))
    plain = EMPHASIS.sub(lambda match: match[2] or match[4], plain)
    return STRUCK.sub(r"\1", plain)

"""Addresses of files in texts: which files a text mentions, and what is written to mention one."""

from __future__ import annotations

import re
from urllib.parse import quote

from app.ids import LARGEST_ID

# Wherever an address may stand: one mention too many keeps a file for longer, one too few loses it.
MENTION = re.compile(r"/files/([0-9]{1,16})(?![0-9])")
IN_LABEL = re.compile(r"([\\\[\]<>*_`!|$~])")

UNITS = ("KiB", "MiB", "GiB")


def find(text: str) -> set[int]:
    """Return the ids of the files that a Markdown text mentions."""
    if "/files/" not in text:
        return set()
    return {int(number) for number in MENTION.findall(text) if 0 < int(number) <= LARGEST_ID}


def address(file_id: int, name: str) -> str:
    """Return the path of a file on this site; the name in it is for people, and for what is saved from there."""
    return f"/files/{file_id}/{quote(name, safe='')}"


def markdown(file_id: int, name: str, size: int, *, is_shown: bool) -> str:
    """Return what stands in a text for a file: what is shown or played there, or a link with name and size."""
    label = IN_LABEL.sub(r"\\\1", name)
    if is_shown:
        return f"![{label}]({address(file_id, name)})"
    return f"[{label} ({size_in_words(size)})]({address(file_id, name)})"


def size_in_words(size: int) -> str:
    """Return a number of bytes as people read it: 1.2 MiB."""
    if size < 1024:
        return f"{size} byte{'s' * (size != 1)}"
    amount = float(size)
    for unit in UNITS:
        amount /= 1024
        if amount < 999.5 or unit == UNITS[-1]:
            break
    return f"{amount:.1f} {unit}" if amount < 9.95 else f"{amount:.0f} {unit}"

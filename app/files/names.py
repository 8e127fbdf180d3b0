"""Names of files, as safe on every system as they are readable: whatever somebody calls a file, this calls it."""

from __future__ import annotations

import re
import unicodedata

from app.files.models import NAME_LENGTH

LONGEST = NAME_LENGTH  # characters
LONGEST_BYTES = 240  # in UTF-8; file systems take 255
LONGEST_EXTENSION = 16
UNNAMED = "file"

# Control signs, signs that turn the direction of what follows, halves of signs, and what is no character.
UNSEEN = {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"}
FORBIDDEN = re.compile(r'[<>:"|?*]')  # on Windows
RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)", re.IGNORECASE)  # there, too


def clean(name: str) -> str:
    """Return a name without a path, of signs that can be seen, and not too long; its extension is kept."""
    name = re.split(r"[/\\]", name.replace("\0", ""))[-1]
    name = "".join(" " if sign.isspace() else sign for sign in name)
    name = "".join(sign for sign in name if unicodedata.category(sign) not in UNSEEN)
    name = FORBIDDEN.sub("_", unicodedata.normalize("NFC", name))
    name = " ".join(name.split()).strip(". ")
    if RESERVED.match(name):
        name = f"_{name}"
    return _shorten(name) or UNNAMED


def with_extension(name: str, extensions: tuple[str, ...]) -> str:
    """Return the name with one of these extensions, the first where it has none of them."""
    _, dot, extension = name.rpartition(".")
    if not extensions or (dot and extension.lower() in extensions):
        return name
    return _shorten(f"{_shorten(name, LONGEST - LONGEST_EXTENSION)}.{extensions[0]}")


def _shorten(name: str, longest: int = LONGEST) -> str:
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > LONGEST_EXTENSION:
        stem, dot, extension = name, "", ""
    stem = stem[: longest - len(dot + extension)]
    while len(f"{stem}{dot}{extension}".encode()) > LONGEST_BYTES:
        stem = stem[:-1]
    return f"{stem.rstrip('. ')}{dot}{extension}"

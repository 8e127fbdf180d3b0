"""Positions in pictures: taken out in place, so that all else, such as orientation and date, stays as it was.

Exif's GPS part (Exif 2.32, section 4.6.6) is found by the header of the TIFF that holds it, wherever a format keeps
that; XMP's by the names of its properties. What is compressed within a picture is not looked into.
"""

from __future__ import annotations

import mmap
import re
import struct
import zlib
from itertools import islice
from typing import BinaryIO

TIFF = re.compile(rb"II\*\0\x08\0\0\0|MM\0\*\0\0\0\x08|(?<=Exif\0\0)(?:II\*\0|MM\0\*)")
XMP = re.compile(
    rb"""
    exif:GPS\w{1,40}\s{0,9}=\s{0,9}(?:"[^"<>]{0,200}"|'[^'<>]{0,200}')
    | <exif:GPS(\w{1,40})>[^<]{0,200}</exif:GPS\1>
    """,
    re.VERBOSE,
)
GPS = 0x8825  # the tag of IFD0 that says where the GPS part is
ENTRY = 12  # bytes
MOST_ENTRIES = 500
MOST_HEADERS = 100  # of one picture, which has one or a few; each may cost as much as its entries
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}  # bytes, by type
PNG = b"\x89PNG\r\n\x1a\n"


def remove(content: BinaryIO) -> bool:
    """Overwrite where a picture was taken; return whether it said so."""
    content.flush()
    with mmap.mmap(content.fileno(), 0) as picture:
        changed = sum(_remove_gps(picture, found.start()) for found in islice(TIFF.finditer(picture), MOST_HEADERS))
        for found in XMP.finditer(picture):
            picture[found.start() : found.end()] = b" " * (found.end() - found.start())
            changed += 1
        if changed and picture[: len(PNG)] == PNG:
            _sum_again(picture)
    return bool(changed)


def _remove_gps(picture: mmap.mmap, start: int) -> bool:
    order = "<" if picture[start : start + 2] == b"II" else ">"
    try:
        [offset] = struct.unpack_from(f"{order}I", picture, start + 4)
        for at in _entries(picture, order, start + offset):
            tag, kind, count, value = struct.unpack_from(f"{order}HHII", picture, at)
            if (tag, kind, count) == (GPS, 4, 1):
                return _remove_part(picture, order, start, start + value)
    except (struct.error, IndexError, ValueError):  # it ends in the middle
        pass
    return False


def _remove_part(picture: mmap.mmap, order: str, start: int, at: int) -> bool:
    """Overwrite the values of the GPS part, its entries, and how many there are."""
    entries = _entries(picture, order, at)
    for entry in entries:
        _, kind, count, value = struct.unpack_from(f"{order}HHII", picture, entry)
        size = SIZES.get(kind, 0) * count
        if 4 < size <= 4096 and start + value + size <= len(picture):
            picture[start + value : start + value + size] = bytes(size)
        picture[entry : entry + ENTRY] = bytes(ENTRY)
    picture[at : at + 2] = bytes(2)
    return bool(entries)


def _entries(picture: mmap.mmap, order: str, at: int) -> list[int]:
    """Return where the entries of a directory are. Raises struct.error, ValueError for one that cannot be."""
    [count] = struct.unpack_from(f"{order}H", picture, at)
    if count > MOST_ENTRIES or at + 2 + count * ENTRY > len(picture):
        raise ValueError(count)
    return [at + 2 + number * ENTRY for number in range(count)]


def _sum_again(picture: mmap.mmap) -> None:
    """Write the sums of a PNG's chunks that hold metadata anew, by which readers find them unharmed."""
    at = len(PNG)
    while at + 12 <= len(picture):
        size, kind = struct.unpack_from(">I4s", picture, at)
        end = at + 8 + size
        if end + 4 > len(picture):
            return
        if kind in {b"eXIf", b"iTXt"}:
            struct.pack_into(">I", picture, end, zlib.crc32(picture[at + 4 : end]))
        at = end + 4

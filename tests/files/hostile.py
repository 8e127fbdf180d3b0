"""A corpus of files that somebody might send to do harm: polyglots, bombs, broken headers, wrong types and names."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

SCRIPT = b"<script>alert(document.domain)</script>"
HTML = b"<!doctype html><html><body>" + SCRIPT + b"</body></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">' + SCRIPT + b"</svg>"


class Hostile(NamedTuple):
    """`label` says what is wrong with it."""

    label: str
    content: bytes
    name: str


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, data: bytes = b"", extra: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    body = png_chunk(b"IHDR", header) + extra + png_chunk(b"IDAT", zlib.compress(data)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def gif(width: int, height: int, frames: int = 1) -> bytes:
    frame = b",\0\0\0\0" + struct.pack("<HH", width, height) + b"\0\x02\x02D\x01\0"
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\0\0\0\0\0\xff\xff\xff" + frame * frames + b";"


def jpeg(width: int, height: int) -> bytes:
    frame = struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\0"
    return b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xc0" + frame + b"\xff\xd9"


def box(kind: bytes, data: bytes = b"", size: int | None = None) -> bytes:
    return struct.pack(">I", len(data) + 8 if size is None else size) + kind + data


HEADERS = {
    "png": png(1, 1, b"\0" * 5),
    "jpg": jpeg(1, 1),
    "gif": gif(1, 1),
    "webp": b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0/\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0",
    "avif": box(b"ftyp", b"avif\0\0\0\0mif1avif"),
    "mp3": b"ID3\x04\0\0\0\0\0\x00\xff\xfb\x90\x64" + bytes(32),
    "ogg": b"OggS\0\x02" + bytes(22),
    "wav": b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0",
    "flac": b"fLaC\0\0\0\x22" + bytes(34),
    "m4a": box(b"ftyp", b"M4A \0\0\0\0isom"),
    "mp4": box(b"ftyp", b"isom\0\0\x02\0mp41") + box(b"mdat"),
    "webm": b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\x82\x84webm",
    "pdf": b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF",
}
DOCUMENTS = {
    "HTML": HTML,
    "HTML without a doctype": b"<html>" + SCRIPT,
    "a script alone": SCRIPT,
    "HTML after spaces": b" \n\t" * 300 + HTML,
    "HTML after a comment": b"<!-- " + b"x" * 600 + b" -->" + HTML,
    "HTML after a byte order mark": b"\xef\xbb\xbf" + HTML,
    "HTML in UTF-16": HTML.decode().encode("utf-16"),
    "HTML in UTF-7": b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "SVG": SVG,
    "SVG after an XML declaration": b'<?xml version="1.0"?>' + SVG,
    "SVG that refers to a file": b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>',
    "XML of a billion laughs": b'<!DOCTYPE l [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;">]><l>&b;</l>',
    "XHTML": b'<html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>',
    "an XSL transformation": b'<?xml-stylesheet type="text/xsl" href="#"?><x/>',
    "JavaScript": b"alert(document.cookie)",
    "a shell's script": b"#!/bin/sh\nrm -rf /\n",
    "PHP": b"<?php system($_GET['c']); ?>",
    "a program of Windows": b"MZ" + bytes(62) + b"PE\0\0",
    "a program of Linux": b"\x7fELF" + bytes(60),
    "Flash": b"FWS\x09" + bytes(20),
    "a web archive": b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\n" + HTML,
    "PostScript": b"%!PS-Adobe-3.0\n(/etc/passwd) (r) file\n",
}
NAMES = {
    "a path upwards": "../../../../etc/passwd",
    "a path upwards on Windows": "..\\..\\windows\\system32\\a.dll",
    "an absolute path": "/etc/cron.d/evil",
    "a drive": "C:\\autoexec.bat",
    "a share": "\\\\server\\share\\a.png",
    "a stream of NTFS": "a.png::$DATA",
    "dots alone": "..",
    "one dot": ".",
    "nothing": "",
    "spaces": "   ",
    "a hidden file": ".htaccess",
    "a dot at the end": "a.png. . .",
    "300 letters": "a" * 300 + ".png",
    "300 signs of four bytes": "\U0001f600" * 300 + ".png",
    "300 letters behind the dot": "a." + "p" * 300,
    "a NUL": "a.png\0.html",
    "a line break": "a\r\nX-Evil: 1.png",
    "an escape": "a\x1b[2J.png",
    "a delete": "a\x7f.png",
    "turned around": "cat\u202egnp.exe",
    "isolated": "\u2066a\u2069.png",
    "a mark of direction": "\u200fa.png",
    "no width": "a\u200b\u2060.png",
    "a byte order mark": "\ufeffa.png",
    "half a sign": "a\ud800.png",
    "no character": "a\uffff.png",
    "private use": "a\ue000.png",
    "a thousand accents": "a" + "\u0301" * 1000 + ".png",
    "HTML": "<img src=x onerror=alert(1)>.png",
    "quotes": "\"';--.png",
    "a header's parameter": 'a"; filename="b.html',
    "Markdown": "](javascript:alert(1)) [x.png",
    "a template": "{{ config }}.png",
    "percent signs": "%2e%2e%2fa%00.png",
    "a query": "a?b#c.png",
    "a wildcard": "*.png",
    **{f"reserved: {name}": name for name in ("CON", "nul.txt", "com1.png", "LPT9", "AUX.tar.gz", "PRN")},
}


@cache  # its bombs take a second to pack
def corpus() -> list[Hostile]:
    return [*_files(), *_bombs()]


def _files() -> Iterator[Hostile]:
    for extension, header in HEADERS.items():
        for what, tail in (("HTML", HTML), ("SVG", SVG), ("a ZIP file", _zip(b"x"))):
            yield Hostile(f"{extension} and {what} in one", header + tail, f"a.{extension}")
        for length in (1, 3, 6, 11):
            yield Hostile(f"{length} bytes of {extension}", header[:length], f"a.{extension}")
        yield Hostile(f"{extension} called HTML", header, "a.html")
        yield Hostile(f"{extension} and random bytes", header[:16] + bytes(range(256)) * 4, f"a.{extension}")
    for what, content in DOCUMENTS.items():
        yield Hostile(f"{what} called PNG", content, "a.png")
    for what, name in NAMES.items():
        yield Hostile(f"a name with {what}", HEADERS["png"] + what.encode(), name)


def _bombs() -> Iterator[Hostile]:
    yield Hostile("a PNG of four billion pixels in a line", png(2**32 - 1, 1), "a.png")
    yield Hostile("a PNG of 65000 x 65000", png(65_000, 65_000, bytes(65_000)), "a.png")
    yield Hostile("a PNG without pixels", png(0, 0), "a.png")
    yield Hostile("a PNG whose data are a hundred megabytes of zeros", png(5000, 5000, bytes(100_020_000)), "a.png")
    yield Hostile("a PNG with compressed text of 50 MB", png(1, 1, bytes(5), _text_bomb()), "a.png")
    yield Hostile("a PNG whose chunk is longer than the file", png(1, 1)[:33] + b"\x7f\xff\xff\xffIDAT", "a.png")
    yield Hostile("a PNG with wrong sums", png(1, 1).replace(b"IDAT", b"IDAX"), "a.png")
    yield Hostile("a GIF of 65535 x 65535", gif(65_535, 65_535), "a.gif")
    yield Hostile("a GIF of ten thousand frames", gif(100, 100, 10_000), "a.gif")
    yield Hostile("a JPEG of 65535 x 65535", jpeg(65_535, 65_535), "a.jpg")
    yield Hostile("a JPEG without a picture", b"\xff\xd8\xff\xd9", "a.jpg")
    yield Hostile("a JPEG of segments without an end", b"\xff\xd8" + b"\xff\xe1\0\x02" * 5000, "a.jpg")
    yield Hostile("boxes in themselves", box(b"ftyp", b"avif\0\0\0\0") + box(b"meta", b"", 8) * 1000, "a.avif")
    yield Hostile("a box without an end", box(b"ftyp", b"isom\0\0\0\0", 2**32 - 1), "a.mp4")
    yield Hostile("a ZIP file of 100 MB of zeros", _zip(bytes(100_000_000)), "a.zip")
    for action in (b"JavaScript/JS(x)", b"Launch/F(x)", b"URI/URI(javascript:x)"):
        content = HEADERS["pdf"].replace(b"/Catalog", b"/Catalog/OpenAction<</S/" + action + b">>")
        yield Hostile(f"a PDF with an action: {action.decode()}", content, "a.pdf")


def _text_bomb() -> bytes:
    return png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(50_000_000)))


def _zip(content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../evil.html", content)
    return made.getvalue()

"""Answers with the content of a file: what RFC 9110 says of conditions and ranges, and headers that let nothing run."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from flask import Response

from app.errors import Damaged
from app.files import names, service, smaller
from app.files.service import File
from app.files.store import Missing, Stream

VERIFIED_FIRST = 1024 * 1024  # bytes: what is not larger is read and verified before the first of it is sent
# A single range of bytes: RFC 9110, sections 14.1.1 and 14.1.2. Several may be answered with the whole (14.2).
RANGE = re.compile(r"bytes=[ \t]*(?:([0-9]{1,19})-([0-9]{0,19})|-([0-9]{1,19}))[ \t]*", re.IGNORECASE)
ETAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
FOREVER = "private, max-age=31536000, immutable"  # what an address with a fingerprint of its own answers never changes
POLICY = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
# A sandbox keeps a browser's own reader of PDF out, which runs apart from this site anyway.
SANDBOX = f"{POLICY}; sandbox"


class Changed(Damaged):
    """The store answers with other bytes than were given to it."""

    message = "The content of this file is damaged, so it is not shown. Whoever runs this site has to look in a backup."


@dataclass(frozen=True, slots=True)
class Plan:
    """What a request is answered with: the bytes from `start` to before `end` of a content, or none of them."""

    status: int
    start: int = 0
    end: int = 0


# --- Conditions and ranges ---------------------------------------------------------------------------------------


def plan(method: str, headers: Mapping[str, str], etag: str, size: int) -> Plan:
    """Return how a request for a content with this (strong) entity tag is to be answered.

    In the order of RFC 9110, section 13.2.2. There is no Last-Modified, so conditions about dates are passed over.
    """
    if "If-Match" in headers and not _matches(headers["If-Match"], etag, weakly=False):
        return Plan(412)
    if "If-None-Match" in headers and _matches(headers["If-None-Match"], etag, weakly=True):
        return Plan(304)
    # A range is of GET alone (14.2); with If-Range only of the very content that the asker has a part of (13.1.5).
    if method == "GET" and "Range" in headers and headers.get("If-Range", etag).strip() == etag:
        return _range(headers["Range"], size)
    return Plan(200, 0, size)


def _range(header: str, size: int) -> Plan:
    found = RANGE.fullmatch(header.strip())
    if found is None or (found[2] and int(found[2]) < int(found[1])):
        return Plan(200, 0, size)  # of another unit, of several parts or invalid: as if there were none
    if found[3] is not None:
        start, end = max(0, size - int(found[3])), size
    else:
        start, end = int(found[1]), min(size, int(found[2]) + 1 if found[2] else size)
    return Plan(206, start, end) if start < end else Plan(416)


def _matches(header: str, etag: str, *, weakly: bool) -> bool:
    if header.strip() == "*":
        return True
    return any(f'"{tag}"' == etag and (weakly or not weak) for weak, tag in ETAG.findall(header))


# --- Answers -----------------------------------------------------------------------------------------------------


def answer(of: File, method: str, headers: Mapping[str, str], *, as_download: bool = False) -> Response:
    """Return the answer to a request for a file. Raises Missing, Changed and Unavailable."""
    planned = plan(method, headers, etag(of), of.size)
    response = Response(status=planned.status)
    if planned.status in {200, 206} and method != "HEAD":
        response = Response(_content(of, planned), planned.status, direct_passthrough=True)
    response.headers.update(_headers(of, as_download=as_download))
    if planned.status in {200, 206}:
        response.headers["Content-Length"] = str(planned.end - planned.start)
    if planned.status == 206:
        response.headers["Content-Range"] = f"bytes {planned.start}-{planned.end - 1}/{of.size}"
    elif planned.status == 416:
        response.headers["Content-Range"] = f"bytes */{of.size}"
    if planned.status in {412, 416}:
        response.headers["Cache-Control"] = "no-store"
    return response


def answer_smaller(of: File, small: bytes, method: str, headers: Mapping[str, str]) -> Response:
    """Return the answer to a request for a smaller picture, of which there are no parts."""
    tag = f'"{of.sha256.hex()[:32]}-small"'
    planned = plan(method, {name: value for name, value in headers.items() if name != "Range"}, tag, len(small))
    response = Response(small if planned.status == 200 and method != "HEAD" else b"", planned.status)
    name = names.with_extension(of.name.rpartition(".")[0], ("webp",))
    response.headers.update(
        _headers(of, as_download=False)
        | {
            "Content-Type": smaller.TYPE,
            "Content-Disposition": disposition(name, is_inline=True),
            "Accept-Ranges": "none",
            "ETag": tag,
        }
    )
    if planned.status == 200:
        response.headers["Content-Length"] = str(len(small))
    elif planned.status == 412:
        response.headers["Cache-Control"] = "no-store"
    return response


def etag(of: File) -> str:
    return f'"{of.sha256.hex()[:32]}"'


def _headers(of: File, *, as_download: bool) -> dict[str, str]:
    kind = of.kind
    is_inline = kind.is_inline and not as_download
    return {
        "Content-Type": kind.type,
        "Content-Disposition": disposition(of.name, is_inline=is_inline),
        "Accept-Ranges": "bytes",
        "ETag": etag(of),
        "Cache-Control": FOREVER,
        "Vary": "Cookie",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": POLICY if is_inline and kind.group == "document" else SANDBOX,
        "Cross-Origin-Resource-Policy": "same-origin",
    }


def disposition(name: str, *, is_inline: bool) -> str:
    """Return the header that names what is saved: RFC 6266, with a name in ASCII for whoever knows no other."""
    plain = re.sub(r"[^A-Za-z0-9 ._()+-]", "_", name)
    return f"{'inline' if is_inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


# --- Content -----------------------------------------------------------------------------------------------------


def _content(of: File, planned: Plan) -> Stream | list[bytes]:
    stream = service.open_content(of, planned.start, planned.end)
    is_whole = planned.end - planned.start == of.size
    if not is_whole:
        return _Sized(stream, planned.end - planned.start)
    verified = _Verified(stream, of)
    if of.size > VERIFIED_FIRST:
        return verified
    try:
        return list(verified)
    finally:
        verified.close()


class _Sized:
    """A part of a content, which ends with an error where it is shorter than it should be."""

    def __init__(self, stream: Stream, size: int) -> None:
        self._stream, self._size = stream, size

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for chunk in self._stream:
            size += len(chunk)
            yield chunk
        if size != self._size:
            raise Missing

    def close(self) -> None:
        self._stream.close()


class _Verified:
    """A whole content, whose last chunk is sent after its SHA-256 is known to be right.

    Where it is wrong the answer ends before its Content-Length: whoever asked knows that it is incomplete.
    """

    def __init__(self, stream: Stream, of: File) -> None:
        self._stream, self._sha256 = stream, of.sha256

    def __iter__(self) -> Iterator[bytes]:
        digest = hashlib.sha256()
        before = b""
        for chunk in self._stream:
            digest.update(chunk)
            if before:
                yield before
            before = chunk
        if digest.digest() != self._sha256:
            raise Changed
        yield before

    def close(self) -> None:
        self._stream.close()

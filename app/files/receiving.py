"""Content that arrives: read from a stream into a temporary file, measured, and told what it is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from flask import current_app

from app.errors import Malformed, TooLarge
from app.files import kinds, positions
from app.files.claims import store
from app.files.kinds import HEAD, Kind
from app.files.links import size_in_words
from app.files.refusals import Empty
from app.files.store import CHUNK, unavailable
from app.files.totals import largest

INCOMPLETE = "The file did not arrive as a whole, so nothing was stored. Send it again."


@dataclass(frozen=True, slots=True)
class Received:
    """What has arrived, before it is stored: in a temporary file that is closed by whoever made it."""

    content: BinaryIO
    sha256: bytes
    size: int
    kind: Kind


class Readable(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


@contextmanager
def receive(stream: Readable, length: int | None = None) -> Iterator[Received]:
    """Read a stream into a temporary file; it has `length` bytes, where that was said.

    Raises TooLarge, Invalid for nothing, Malformed for a stream that ends early, and Unavailable.
    """
    most, size, digest, head = largest(), 0, hashlib.sha256(), b""
    with store.get().temporary() as content:
        while chunk := _read(stream):
            size += len(chunk)
            if size > most:
                raise TooLarge(f"This file is too large: {size_in_words(most)} is the most for one file.")
            digest.update(chunk)
            head = head if len(head) >= HEAD else (head + chunk)[:HEAD]
            _write(content, chunk)
        if length is not None and size != length:
            raise Malformed(INCOMPLETE)
        if not size:
            raise Empty
        kind = kinds.tell(head)
        if kind.group == "picture" and not current_app.config["KEEP_POSITIONS"] and positions.remove(content):
            content.seek(0)
            digest = hashlib.file_digest(content, "sha256")  # type: ignore[arg-type]  # a file, whose type says less
        yield Received(content, digest.digest(), size, kind)


def _read(stream: Readable) -> bytes:
    try:
        return stream.read(CHUNK)
    except OSError as error:  # whoever sends is gone
        raise Malformed(INCOMPLETE) from error


def _write(content: BinaryIO, chunk: bytes) -> None:
    try:
        content.write(chunk)
    except OSError as error:
        raise unavailable(error) from error

"""What a store of content must do. Two stores do it, a folder and S3, and one suite of tests holds both to it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Literal, Protocol, get_args

from app.errors import Cause, Damaged, Forbidden, Unavailable
from app.ops import metrics

CHUNK = 256 * 1024  # bytes that are held in memory at once


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes of one owner by their SHA-256; `stored_at` is a moment."""

    owner: int
    sha256: bytes
    size: int
    stored_at: int


class Missing(Damaged):
    """The store does not have what a row says that there is."""

    message = "The content of this file is missing. Whoever runs this site has to look for it in a backup."


class Withheld(Forbidden):
    """The store has it, and gives it to nobody: a scan found malware in it."""

    message = (
        "A scan found malware in this file, so it is not given out. Delete it, or ask whoever runs this site, if you"
        " think that it is harmless."
    )


class StoreUnavailable(Unavailable):
    message = (
        "Files cannot be reached right now; notes go on working. Nothing was changed; please try again in a moment."
    )


class NotReached(StoreUnavailable):
    """The store has not heard of it, so it will not do it later either."""


def unavailable(error: Exception) -> StoreUnavailable:
    """Return the error of a store that does not do what it should."""
    is_full = isinstance(error, OSError) and error.errno in {28, 122}  # ENOSPC, EDQUOT
    return StoreUnavailable(cause=Cause.DISK_FULL if is_full else Cause.FILES)


Operation = Literal["put", "open", "read", "size", "delete", "list"]


def init_metrics() -> None:
    for operation in get_args(Operation):
        metrics.FILE_STORE_ERRORS.labels(operation)  # from the beginning, so that a first one is a rise


@contextmanager
def count_errors(operation: Operation) -> Iterator[None]:
    try:
        yield
    except (StoreUnavailable, Missing):
        metrics.FILE_STORE_ERRORS.labels(operation).inc()
        raise
    except Withheld:
        metrics.FILES_WITHHELD.inc()
        raise


@contextmanager
def measured(operation: Operation) -> Iterator[None]:
    """Count how long what a store does takes, and its errors."""
    began = time.perf_counter()
    try:
        with count_errors(operation):
            yield
    finally:
        metrics.FILE_STORE_SECONDS.labels(operation).observe(time.perf_counter() - began)


class Stream(Protocol):
    """Bytes that are being read from a store; whoever opened it closes it."""

    def __iter__(self) -> Iterator[bytes]: ...
    def close(self) -> None: ...


class Store(Protocol):
    """Every method raises StoreUnavailable when the store does not do what it should."""

    def temporary(self) -> BinaryIO:
        """Return an empty file for what arrives, which is gone when it is closed."""

    def put(self, owner: int, sha256: bytes, content: BinaryIO, digest: bytes | None = None) -> None:
        """Store what `content` holds from its beginning. On return it is durable; what is there already is replaced.

        `digest` is the SHA-256 of what is stored by another key than that.
        """

    def open(self, owner: int, sha256: bytes, start: int, end: int) -> Stream:
        """Return the bytes from `start` to before `end`, in chunks. Raises Missing and Withheld."""

    def size(self, owner: int, sha256: bytes) -> int | None:
        """Return how many bytes there are, None where there is no such content. Raises Withheld."""

    def delete(self, owner: int, sha256: bytes) -> None:
        """Delete the content; deleting what is not there does no harm. Raises NotReached where it will not be done."""

    def list(self, owner: int | None = None) -> Iterator[Content]:
        """Yield what is stored, of one owner or, owner by owner, of all."""

    def tidy(self, before: int) -> None:
        """Remove what was begun before a moment and never finished."""

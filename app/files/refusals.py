"""Why files are refused, counted for the operator by words of a closed list."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app.errors import AppError, Conflict, Invalid, Malformed, TooLarge, Unavailable
from app.ops import metrics


class Empty(Invalid):
    def __init__(self) -> None:
        super().__init__({"file": "This file is empty."})


class Full(Invalid):
    """The account's files are too large together; the message says how much is left."""


class NoneKept(Invalid):
    def __init__(self) -> None:
        super().__init__({"file": "This site keeps no files."})


class KeyUsed(Invalid):
    """The key came with another content before."""

    def __init__(self) -> None:
        super().__init__({"key": "This key was sent before, with another file."})


REASONS: dict[type[AppError], str] = {
    TooLarge: "too large",
    Empty: "empty",
    Full: "account full",
    NoneKept: "none kept",
    KeyUsed: "key used",
    Malformed: "incomplete",
    Conflict: "being deleted",
    Unavailable: "store or database unavailable",
}


def init_metrics() -> None:
    for reason in REASONS.values():
        metrics.FILES_REFUSED.labels(reason)  # from the beginning, so that a first one is a rise


@contextmanager
def counted() -> Iterator[None]:
    """Count the error that ends the block, if it is one of those."""
    try:
        yield
    except tuple(REASONS) as error:
        metrics.FILES_REFUSED.labels(next(REASONS[kind] for kind in type(error).mro() if kind in REASONS)).inc()
        raise

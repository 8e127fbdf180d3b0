"""How much an account's files are together: a counter that is changed under the lock of its owner."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app
from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects import mysql, sqlite

from app import db
from app.errors import TooLarge
from app.files.links import size_in_words
from app.files.models import file, file_total
from app.files.refusals import Full, NoneKept, counted
from app.files.rows import lock

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Usage:
    """How much an account's files are together, and how much they may be, in bytes."""

    files: int
    size: int
    limit: int

    @property
    def left(self) -> int:
        return max(0, self.limit - self.size)


def largest() -> int:
    """Return how many bytes a file may have: none where the site keeps no files."""
    return int(current_app.config["FILE_MEGABYTES"]) * MEGABYTE if limit() else 0


def usage(owner: int) -> Usage:
    row = db.read(_TOTAL, owner=owner).one_or_none()
    return Usage(row.files if row else 0, row.bytes if row else 0, limit())


@counted()
def check_size(owner: int, size: int) -> None:
    """Say what can be known before anything is sent. Raises TooLarge, and Invalid for an account that is full."""
    refuse_where_none_are_kept()
    if size > largest():
        raise TooLarge(f"This file is too large: {size_in_words(largest())} is the most for one file.")
    check_room(owner, size)


def check_room(owner: int, size: int) -> None:
    """Raise Invalid where so many bytes more are too many; it holds in a transaction that has locked the owner."""
    if size > (left := usage(owner).left):
        raise Full({"file": _full(left)})


def limit() -> int:
    """Return how many bytes all files of an account may have."""
    return int(current_app.config["ACCOUNT_MEGABYTES"]) * MEGABYTE


def refuse_where_none_are_kept() -> None:
    if not limit():
        raise NoneKept


def _full(left: int) -> str:
    most, rest = size_in_words(limit()), size_in_words(left)
    return f"Your files may take {most} together, of which {rest} are left: too little for this one."


_TOTAL = select(file_total.c.files, file_total.c.bytes).where(file_total.c.owner_id == bindparam("owner"))


def count(owner: int, files: int, size: int) -> None:
    """Raise or lower the owner's total, in a transaction that has locked the owner."""
    db.connection().execute(_ADD_TO_TOTAL[db.dialect()], {"owner_id": owner, "files": files, "bytes": size})


_OF_SQLITE, _OF_MYSQL = sqlite.insert(file_total), mysql.insert(file_total)
_ADD_TO_TOTAL = {
    "sqlite": _OF_SQLITE.on_conflict_do_update(
        index_elements=["owner_id"],
        set_={
            "files": file_total.c.files + _OF_SQLITE.excluded.files,
            "bytes": file_total.c.bytes + _OF_SQLITE.excluded.bytes,
        },
    ),
    "mysql": _OF_MYSQL.on_duplicate_key_update(
        files=file_total.c.files + _OF_MYSQL.inserted.files, bytes=file_total.c.bytes + _OF_MYSQL.inserted.bytes
    ),
}


def is_miscounted(owner: int) -> bool:
    return _difference(owner) != (0, 0)


@db.in_transaction
def count_again(owner: int) -> bool:
    """Put the owner's total right; return whether it was wrong."""
    lock(owner)
    files, size = _difference(owner)
    if (files, size) != (0, 0):
        count(owner, files, size)
    return (files, size) != (0, 0)


def _difference(owner: int) -> tuple[int, int]:
    """Return how many files and bytes the total lacks."""
    rows = select(func.count(), func.coalesce(func.sum(file.c.bytes), 0)).where(file.c.owner_id == owner)
    files, size = db.read(rows).one()
    counted = usage(owner)
    return files - counted.files, int(size) - counted.size

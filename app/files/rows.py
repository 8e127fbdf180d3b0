"""Files as their rows have them: looked up by owner and number, by content, or by the note that mentions them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select

from app import db
from app.accounts.models import account
from app.errors import NotFound
from app.files.kinds import KINDS, OTHER, Kind
from app.files.models import file, file_use

LARGEST_LIST = 500  # files of one note
AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class File:
    """A content that its owner has; `type` and what follows from it are told by its bytes."""

    owner_id: int
    id: int
    sha256: bytes
    size: int
    type: str
    name: str
    created_at: int
    unused_at: int | None

    @property
    def kind(self) -> Kind:
        return KINDS.get(self.type, OTHER)

    @property
    def is_shown(self) -> bool:
        """Whether a text shows or plays it, in place of a link to it."""
        return self.kind.group in {"picture", "audio", "video"}


def lock(owner: int) -> None:
    """Keep everybody else from changing what the owner has until the transaction ends; to be done first in it."""
    if db.dialect() == "mysql":  # on SQLite the transaction itself is the lock
        db.read(_LOCK, owner=owner)


_LOCK = select(account.c.id).where(account.c.id == bindparam("owner")).with_for_update()


def get(owner: int, file_id: int) -> File:
    """Return the file. Raises NotFound."""
    row = db.read(_FILE, owner=owner, id=file_id).one_or_none()
    if row is None:
        raise NotFound("There is no such file.")
    return to_file(row)


def find_content(owner: int, sha256: bytes) -> File | None:
    row = db.read(_BY_CONTENT, owner=owner, sha256=sha256).one_or_none()
    return to_file(row) if row else None


def of_note(owner: int, note_id: int) -> list[File]:
    """Return the files that a note mentions, or did in an earlier version: at most LARGEST_LIST, oldest first."""
    return [to_file(row) for row in db.read(_OF_NOTE, owner=owner, note=note_id)]


def each(owner: int) -> Iterator[File]:
    """Yield all files of an owner, and hold no connection meanwhile: reading them takes as long as the store does."""
    after = 0
    while found := [to_file(row) for row in db.read(_EACH, owner=owner, after=after)]:
        db.release()
        yield from found
        after = found[-1].id


def to_row(of: File) -> dict[str, Any]:
    return {
        "owner_id": of.owner_id,
        "id": of.id,
        "sha256": of.sha256,
        "bytes": of.size,
        "type": of.type,
        "name": of.name,
        "created_at": of.created_at,
        "unused_at": of.unused_at,
    }


def to_file(row: Any) -> File:
    return File(row.owner_id, row.id, row.sha256, row.bytes, row.type, row.name, row.created_at, row.unused_at)


_FILE = select(file).where(file.c.owner_id == bindparam("owner"), file.c.id == bindparam("id"))
_BY_CONTENT = select(file).where(file.c.owner_id == bindparam("owner"), file.c.sha256 == bindparam("sha256"))
_EACH = (
    select(file)
    .where(file.c.owner_id == bindparam("owner"), file.c.id > bindparam("after"))
    .order_by(file.c.id)
    .limit(AT_ONCE)
)
_OF_NOTE = (
    select(file)
    .join(file_use, (file_use.c.owner_id == file.c.owner_id) & (file_use.c.file_id == file.c.id))
    .where(file_use.c.owner_id == bindparam("owner"), file_use.c.note_id == bindparam("note"))
    .order_by(file.c.id)
    .limit(LARGEST_LIST)
)

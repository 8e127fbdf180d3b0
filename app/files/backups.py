"""Content of files beside backups of the embedded database: each once, however many backups mention it.

What is beside them is a store like any other. A content never changes, so only what is new is copied.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection, inspect, select

from app.db.backup import DATABASE, BackupError
from app.errors import Conflict, Invalid, TooLarge, Unavailable
from app.files import service
from app.files.claims import store
from app.files.folder import FolderStore
from app.files.models import file, file_use
from app.files.rows import File, find_content, to_file
from app.files.store import Content, Missing, Store, Withheld
from app.files.totals import refuse_where_none_are_kept

FOLDER = "files"


class FileContents:
    """What goes along with a backup: see app.db.backup.Companion."""

    def copy(self, backups: Sequence[Path]) -> None:
        beside = FolderStore(backups[-1].parent / FOLDER)
        lost = [one for one in _copy(backups[-1], store.get(), beside) if find_content(one.owner, one.sha256)]
        wanted = {(one.owner, one.sha256) for backup in backups for one in _contents(backup)}
        for content in beside.list():
            if (content.owner, content.sha256) not in wanted:
                beside.delete(content.owner, content.sha256)
        if lost:
            raise BackupError(
                f"{backups[-1]} is whole, but the content of {len(lost)} files is missing or damaged:"
                " `flask files check` names them."
            )

    def bring_back(self, backup: Path) -> str:
        beside = backup.absolute().parent / FOLDER
        lost = _copy(backup, FolderStore(beside), store.get())
        return f"{beside} lacks the content of {len(lost)} files: `flask files check` names them." if lost else ""


def _copy(backup: Path, source: Store, target: Store) -> list[Content]:
    """Copy what a backup mentions and the target lacks; return what the source has not as it should be."""
    try:
        lacking = [one for one in _contents(backup) if target.size(one.owner, one.sha256) != one.size]
        return [one for one in lacking if not _copy_content(one, source, target)]
    except Unavailable as error:
        raise BackupError(f"The content of files cannot be copied: {error.__cause__ or error}.") from None


def _copy_content(of: Content, source: Store, target: Store) -> bool:
    with target.temporary() as copied:
        is_whole = _read(of, source, copied)
        if is_whole:
            target.put(of.owner, of.sha256, copied)
    return is_whole


def _read(of: Content, source: Store, copied: BinaryIO) -> bool:
    """Copy what the source has of a content; return whether that is what was stored."""
    digest = hashlib.sha256()
    with suppress(Missing, Withheld), closing(source.open(of.owner, of.sha256, 0, of.size + 1)) as stream:
        for chunk in stream:
            digest.update(chunk)
            copied.write(chunk)
    return digest.digest() == of.sha256


# --- One note ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Returned:
    """The files of a note by their ids in the backup; `lost` names those that did not come back, and why."""

    files: dict[int, File] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)


def bring_back_of_note(opened: Connection, backup: Path, owner: int, note_id: int) -> Returned:
    """Have the files here that a note mentions in a backup, which is open, or did in its earlier versions."""
    returned = Returned()
    if not inspect(opened).has_table(file_use.name):  # it is older than files
        return returned
    uses = (file_use.c.owner_id == file.c.owner_id) & (file_use.c.file_id == file.c.id)
    mentioned = select(file).join(file_use, uses).where(file_use.c.owner_id == owner, file_use.c.note_id == note_id)
    beside = FolderStore(backup.absolute().parent / FOLDER)
    for one in map(to_file, opened.execute(mentioned)):
        try:
            returned.files[one.id] = _bring_back(one, beside)
        except Missing:
            returned.lost.append(f"{one.name}: its content is missing or damaged, in {beside.folder} too.")
        except (Conflict, Invalid, TooLarge, Withheld) as reason:
            returned.lost.append(f"{one.name}: {reason}")
    return returned


def _bring_back(of: File, beside: Store) -> File:
    """Return the file that has the content here; it is taken from beside the backup where none has.

    Raises Missing, and what `add` does.
    """
    refuse_where_none_are_kept()
    known = find_content(of.owner_id, of.sha256)
    if known and store.get().size(of.owner_id, of.sha256) == of.size:
        return known
    with store.get().temporary() as copied:
        if not _read(Content(of.owner_id, of.sha256, of.size, of.created_at), beside, copied):
            raise Missing
        copied.seek(0)
        return service.add(of.owner_id, copied, of.name, id_=of.id)


def _contents(backup: Path) -> list[Content]:
    """Return the contents that the database of a backup mentions; an older one has no table of files."""
    address = f"{(backup / DATABASE).absolute().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as opened:
        if not opened.execute("SELECT 1 FROM sqlite_schema WHERE name = 'file'").fetchone():
            return []
        rows = opened.execute("SELECT owner_id, sha256, bytes, created_at FROM file")
        return [Content(owner, bytes(sha256), size, created) for owner, sha256, size, created in rows]

"""Content of files beside backups of the embedded database: each once, however many backups mention it.

What is beside them is a store like any other. A content never changes, so only what is new is copied.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from app.db.backup import DATABASE, BackupError
from app.errors import Unavailable
from app.files.claims import store
from app.files.folder import FolderStore
from app.files.rows import find_content
from app.files.store import Content, Missing, Store, Withheld

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
    digest = hashlib.sha256()
    with target.temporary() as copied:
        try:
            with closing(source.open(of.owner, of.sha256, 0, of.size + 1)) as stream:
                for chunk in stream:
                    digest.update(chunk)
                    copied.write(chunk)
        except (Missing, Withheld):
            return False
        if digest.digest() != of.sha256:
            return False
        target.put(of.owner, of.sha256, copied)
    return True


def _contents(backup: Path) -> list[Content]:
    """Return the contents that the database of a backup mentions; an older one has no table of files."""
    address = f"{(backup / DATABASE).absolute().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as opened:
        if not opened.execute("SELECT 1 FROM sqlite_schema WHERE name = 'file'").fetchone():
            return []
        rows = opened.execute("SELECT owner_id, sha256, bytes, created_at FROM file")
        return [Content(owner, bytes(sha256), size, created) for owner, sha256, size, created in rows]

"""Backups of the embedded database: a folder each, with a copy of the database and a manifest with its checksum.

What the database does not hold, such as the content of files, lies beside these folders, once for all of them.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from app.per_app import PerApp
from app.version import VERSION

DATABASE = "notes.db"
MANIFEST = "manifest.json"
UNFINISHED = "unfinished-"
FORMAT = 1
NAME = "%Y-%m-%dT%H-%M-%S.%fZ"  # UTC; sorted by name is sorted by time


class BackupError(Exception):
    """A backup cannot be made, read or restored; the message is one sentence for the operator."""


class Companion(Protocol):
    """What belongs to a database and is not in it."""

    def copy(self, backups: Sequence[Path]) -> None:
        """Have beside these backups, all that there are, the newest last, what they need, and nothing else.

        Raises BackupError.
        """

    def bring_back(self, backup: Path) -> str:
        """Put back what a backup needs and is missing, before its database is; return a sentence on what is lost.

        Raises BackupError.
        """


companions: PerApp[list[Companion]] = PerApp("backup_companions")


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. `revision` is the schema's, None for a database without tables."""

    format: int
    created: str
    version: str
    revision: str | None
    size: int
    sha256: str
    rows: dict[str, int]


def create(database: Path, folder: Path, keep: int | None = None, along: Sequence[Companion] = ()) -> Path:
    """Copy the database into a new folder below `folder`, and return that once it has been read back.

    What goes along follows, which has then all that the database mentions.

    Everything that was committed before the call is in it; other processes go on reading and writing. With `keep`,
    older backups beyond that number are removed at the end. Raises BackupError.
    """
    if not database.exists():
        raise BackupError(f"There is no database {database}.")
    with _errors(), _alone(folder):
        for rest in folder.glob(f"{UNFINISHED}*"):  # of a process that was killed: we are alone here
            shutil.rmtree(rest)
        name = datetime.now(UTC).strftime(NAME)
        unfinished = folder / f"{UNFINISHED}{name}"
        unfinished.mkdir(mode=0o700)
        try:
            _copy(database, unfinished / DATABASE)
            _write_manifest(unfinished)
            read_back(unfinished)
        except BaseException:
            shutil.rmtree(unfinished)
            raise
        finished = unfinished.rename(folder / name)
        _sync(folder)
        for old in find_all(folder)[:-keep] if keep else []:
            shutil.rmtree(old)
        for companion in along:
            companion.copy(find_all(folder))
        return finished


def find_all(folder: Path) -> list[Path]:
    """Return the finished backups in `folder`, the newest last."""
    return sorted(path.parent for path in folder.glob(f"*/{MANIFEST}") if not path.parent.name.startswith(UNFINISHED))


def read_back(backup: Path) -> Manifest:
    """Compare a backup with its manifest and let SQLite check it. Raises BackupError where anything differs."""
    with _errors():
        try:
            manifest = Manifest(**json.loads((backup / MANIFEST).read_text()))
        except (ValueError, TypeError):
            raise BackupError(f"{backup / MANIFEST} cannot be read.") from None
        if manifest.format != FORMAT:
            raise BackupError(f"{backup} was made by version {manifest.version}, whose backups have another format.")
        if _describe(backup / DATABASE) != (manifest.size, manifest.sha256):
            raise BackupError(f"{backup / DATABASE} differs from its manifest: it was changed or is damaged.")
        if _contents(backup / DATABASE) != (manifest.revision, manifest.rows):
            raise BackupError(f"{backup / DATABASE} has other numbers of rows than its manifest.")
        return manifest


def restore(backup: Path, database: Path) -> Path | None:
    """Put a backup in the place of the database, and return where the old database is kept, if there was one.

    No server may have the old one open. Raises BackupError, and has changed nothing then.
    """
    manifest = read_back(backup)
    now = datetime.now(UTC).strftime(NAME)
    new, aside = database.with_name(f"{database.name}.new"), database.with_name(f"{database.name}.before-{now}")
    with _errors():
        if not database.exists() and (leftover := [path for path in _beside(database) if path.exists()]):
            raise BackupError(f"{leftover[0]} belongs to a database that is not there; move it away first.")
        try:
            _copy_file(backup / DATABASE, new, manifest)
            kept = _set_aside(database, aside) if database.exists() else None
            new.replace(database)
        finally:
            new.unlink(missing_ok=True)
        _sync(database.parent)
        return kept


def _copy_file(source: Path, target: Path, manifest: Manifest) -> None:
    target.touch(0o600)
    shutil.copyfile(source, target)
    _sync(target)
    if _describe(target) != (manifest.size, manifest.sha256):
        raise BackupError(f"{target} is not what was written to it: the disk fails.")


def _copy(database: Path, copy: Path) -> None:
    copy.touch(0o600)
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
        source.execute("PRAGMA busy_timeout = 10000")
        # In one step, which reads one state of the database. In smaller ones SQLite would begin anew after every
        # change that another process makes.
        source.backup(target, pages=-1)
        # One file: the copy needs no -wal beside it, and can be read from a folder that cannot be written.
        target.execute("PRAGMA journal_mode = DELETE")
    _sync(copy)


def _write_manifest(backup: Path) -> None:
    revision, rows = _contents(backup / DATABASE)
    size, sha256 = _describe(backup / DATABASE)
    created = datetime.now(UTC).isoformat(timespec="seconds")
    manifest = Manifest(FORMAT, created, VERSION, revision, size, sha256, rows)
    path = backup / MANIFEST
    path.touch(0o600)
    path.write_text(json.dumps(asdict(manifest), indent=2) + "\n")
    _sync(path)
    _sync(backup)


def _describe(file: Path) -> tuple[int, str]:
    """Return size and SHA-256 of a file."""
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    return file.stat().st_size, digest


def _contents(file: Path) -> tuple[str | None, dict[str, int]]:
    """Return the schema's revision and the rows of each table. Raises BackupError for a damaged database."""
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as opened:
        problems = [text for (text,) in opened.execute("PRAGMA integrity_check(1)") if text != "ok"]
        if problems or opened.execute("PRAGMA foreign_key_check").fetchone():
            raise BackupError(
                f"{file} is damaged: {problems[0] if problems else 'a row refers to one that is missing'}."
            )
        tables = [
            name for (name,) in opened.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        ]
        rows = {name: opened.execute(f'SELECT COUNT(*) FROM "{name}"').fetchone()[0] for name in tables}
        revision = (
            opened.execute("SELECT version_num FROM alembic_version").fetchone()
            if rows.get("alembic_version")
            else None
        )
        return revision and revision[0], rows


def _set_aside(database: Path, aside: Path) -> Path:
    """Give the old database a second name; after this it is one file, unless it is too damaged to be opened."""
    try:
        with closing(sqlite3.connect(database)) as opened:
            opened.execute("PRAGMA busy_timeout = 0")
            # Writes what is in -wal into the file. SQLite refuses it while anybody else has the database open.
            opened.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise BackupError(f"{database} is in use: stop the server first.") from None
    except sqlite3.DatabaseError:  # the reason why somebody restores
        pass
    # With a second name, at no moment is there no database.
    aside.hardlink_to(database)
    for path in _beside(database):
        with suppress(FileNotFoundError):
            path.rename(path.with_name(path.name.replace(database.name, aside.name, 1)))
    return aside


def _beside(database: Path) -> list[Path]:
    return [database.with_name(database.name + ending) for ending in ("-wal", "-shm", "-journal")]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One backup at a time in a folder; the lock ends with the process."""
    folder.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise BackupError(f"Another backup into {folder} is running.") from None
    finally:
        os.close(descriptor)


def _sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BackupError(f"{error.filename or 'A file'}: {error.strerror or error}.") from None
    except sqlite3.Error as error:
        raise BackupError(f"SQLite refused it: {error}.") from None

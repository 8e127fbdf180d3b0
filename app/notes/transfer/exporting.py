"""All notes and files of one owner, as Markdown beside what it shows, in a folder or a ZIP file that is complete."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Protocol, TypeVar

from sqlalchemy import func, select

from app import clock, db
from app.files import service as files
from app.files.store import Missing, Withheld
from app.notes import service
from app.notes.models import note
from app.notes.service import Note, Revision
from app.notes.transfer import attachments, histories, markdown_file

# The folders of an export: where a note is, its older versions, and the files.
FOLDERS = {"notes", "archive", "trash", histories.FOLDER, attachments.FOLDER}
AT_ONCE = 1024 * 1024  # bytes of a ZIP file that are sent together
NAME_BYTES = 120  # file systems take 255; some tools add to it


class Refused(Exception):
    """Writing there would overwrite something; the message is the reason, for the person."""


class Target(Protocol):
    """Takes files, one after the other; each is written when it is iterated over, a step for each of its parts."""

    def write(self, path: str, changed_at: int, parts: Iterable[bytes]) -> Iterator[None]: ...


T = TypeVar("T")
Steps = Generator[None, None, T]  # writes a part in each step, and has a result


def finish(steps: Steps[T]) -> T:
    """Do all steps and return their result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result


def count(owner: int) -> int:
    number: int = db.read(select(func.count()).select_from(note).where(note.c.owner_id == owner)).scalar_one()
    return number


@dataclass(slots=True)
class Exported:
    """How many notes and files were written; `lost` are files whose content is not what was stored, or is missing."""

    notes: int = 0
    files: int = 0
    lost: list[str] = field(default_factory=list)


def export(owner: int, target: Target, advance: Callable[[int], None]) -> Steps[Exported]:
    """Write all notes and files of the owner; `advance` is told how many more notes are done. Raises Unavailable."""
    exported = Exported()
    for current, touched_at in service.each(owner):
        revisions = (yield from _write_history(current, target)) if current.version > 1 else 0
        text = markdown_file.write(_led_out(current), touched_at, revisions)
        yield from target.write(f"{current.place}/{file_name(current)}", current.changed_at, [text.encode()])
        exported.notes += 1
        advance(1)
    for file in files.each(owner):
        is_whole = yield from _write_file(file, target)
        exported.files += is_whole
        exported.lost += [] if is_whole else [attachments.path_of(file)]
    return exported


N = TypeVar("N", Note, Revision)


def _led_out(of: N) -> N:
    """Return a note or an older version of it with links to the files of the export."""
    return replace(of, draft=replace(of.draft, body=attachments.lead_out(of.draft.body)))


def _write_file(file: files.File, target: Target) -> Steps[bool]:
    """Write what the store has of a file; return whether that is what was stored."""
    try:
        stream = files.open_content(file, 0, file.size)
    except (Missing, Withheld):
        return False
    digest = hashlib.sha256()

    def chunks() -> Iterator[bytes]:
        for chunk in stream:
            digest.update(chunk)
            yield chunk

    with closing(stream):
        yield from target.write(attachments.path_of(file), file.created_at, chunks())
    return digest.digest() == file.sha256


def _write_history(of: Note, target: Target) -> Steps[int]:
    older = service.history(of)
    first = next(older, None)
    if first is None:
        return 0
    counted = _Counted(first, older)
    yield from target.write(histories.path(of.id), of.changed_at, counted)
    return counted.number


class _Counted:
    """The lines of a history; `number` tells how many there were."""

    def __init__(self, first: Revision, others: Iterator[Revision]) -> None:
        self.first, self.others, self.number = first, others, 1

    def __iter__(self) -> Iterator[bytes]:
        yield histories.write_line(_led_out(self.first))
        for revision in self.others:
            self.number += 1
            yield histories.write_line(_led_out(revision))


def file_name(of: Note) -> str:
    """Return a name that people recognise, every system takes, and no other note has."""
    words = re.sub(r"\W+", "-", of.heading).encode()[:NAME_BYTES].decode(errors="ignore").strip("-_")
    return f"{words}-{of.id}.md" if words else f"{of.id}.md"


# --- Targets -----------------------------------------------------------------------------------------------------


@contextmanager
def open_target(path: Path, force: bool) -> Iterator[Target]:
    """Yield a target whose files appear at `path`, a ZIP file if it ends so, when the block ends well.

    Raises Refused if something is there that would be lost; an older export may be, with `force`.
    """
    is_zip = path.suffix.lower() == ".zip"
    _refuse(path, is_zip, force)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Beside the target, so that renaming is one step on one file system; readable by its maker only.
    beside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        made = beside / "export"
        with _zip(made) if is_zip else _folder(made) as target:
            yield target
        _put(made, path, beside / "older")
    finally:
        shutil.rmtree(beside)


def _put(made: Path, path: Path, older: Path) -> None:
    if not path.is_dir():
        made.rename(path)
        return
    path.rename(older)
    try:
        made.rename(path)
    except OSError:
        older.rename(path)
        raise


def _refuse(path: Path, is_zip: bool, force: bool) -> None:
    if not path.exists() and not path.is_symlink():
        return
    if path.is_symlink() or path.is_dir() == is_zip:
        raise Refused(f"{path} is {'no file' if is_zip else 'no folder'}.")
    if is_zip:
        if path.stat().st_size and not force:
            raise Refused(f"{path} exists; --force replaces it.")
        return
    inside = {entry.name for entry in path.iterdir()}
    if not inside <= FOLDERS:
        raise Refused(f"{path} holds something else than an export of notes.")
    if inside and not force:
        raise Refused(f"{path} is not empty; --force replaces it.")


@contextmanager
def _folder(root: Path) -> Iterator[Target]:
    root.mkdir(mode=0o700)
    yield _Folder(root)


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, path: str, changed_at: int, parts: Iterable[bytes]) -> Iterator[None]:
        file = self._root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("xb") as opened:
            for part in parts:
                opened.write(part)
                yield
        os.utime(file, ns=(changed_at * 1000, changed_at * 1000))


@contextmanager
def _zip(path: Path) -> Iterator[Target]:
    with path.open("xb") as file:
        path.chmod(0o600)
        with zip_target(file) as target:
            yield target
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def zip_target(file: IO[bytes] | _Written) -> Iterator[Target]:
    """Yield a target that makes a ZIP file of an empty one, which need only be written from front to end."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]  # asks for less
        yield _Zip(archive)


def stream(write: Callable[[Target], Steps[None]]) -> Iterator[bytes]:
    """Yield a ZIP file while it is written, of which little is in memory at once."""
    written = _Written()
    with zip_target(written) as target, closing(write(target)) as steps:
        for _ in steps:
            if len(written.content) >= AT_ONCE:
                yield written.take()
    yield written.take()


class _Written:
    """A file that is sent on while it is written, so that none of it can be written anew."""

    def __init__(self) -> None:
        self.content = bytearray()

    def write(self, data: bytes) -> int:
        self.content += data
        return len(data)

    def flush(self) -> None:
        """Nothing waits elsewhere."""

    def take(self) -> bytes:
        taken, self.content = bytes(self.content), bytearray()
        return taken


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def write(self, path: str, changed_at: int, parts: Iterable[bytes]) -> Iterator[None]:
        when = max(clock.to_datetime(changed_at).timetuple()[:6], (1980, 1, 1, 0, 0, 0))  # ZIP's first year
        entry = zipfile.ZipInfo(path, when)
        entry.compress_type = zipfile.ZIP_DEFLATED
        if path.startswith(f"{attachments.FOLDER}/"):
            # Pictures and the like are as small as they get. Not ZIP_STORED: what is sent while it is written has its
            # size behind it, and whoever reads from front to end would not find where it stops.
            entry._compresslevel = 0  # type: ignore[attr-defined]  # which has no public name before Python 3.13
        entry.external_attr = 0o600 << 16
        with self._archive.open(entry, "w", force_zip64=path.startswith(histories.FOLDER)) as opened:
            for part in parts:
                opened.write(part)
                yield

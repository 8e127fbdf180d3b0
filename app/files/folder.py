"""The store of content in a folder: a file for each, below a folder for each owner, durable before `put` returns."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from app.files.store import CHUNK, Content, Missing, Stream, count_errors, measured, unavailable

ARRIVING = "arriving"  # the folder of what is being written; it lies beside those of the owners
OWNER = re.compile(r"[0-9]{1,19}")
NAME = re.compile(r"[0-9a-f]{64}")


class FolderStore:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def temporary(self) -> BinaryIO:
        with _translated():
            self._make_folders(self.folder, self.folder / ARRIVING)
            # In this folder and not in the system's, which is often in memory.
            return tempfile.TemporaryFile(dir=self.folder / ARRIVING)

    @measured("put")
    def put(self, owner: int, sha256: bytes, content: BinaryIO, digest: bytes | None = None) -> None:  # noqa: ARG002  # the disk needs none
        place = self._place(owner, sha256)
        with _translated():
            self._make_folders(self.folder, self.folder / ARRIVING, place.parent.parent, place.parent)
            arriving = self.folder / ARRIVING / secrets.token_hex(16)
            try:
                _write(arriving, content)
                arriving.replace(place)
            except BaseException:
                arriving.unlink(missing_ok=True)
                raise
            _sync_folder(place.parent)

    @measured("open")
    def open(self, owner: int, sha256: bytes, start: int, end: int) -> Stream:
        with _translated():
            try:
                opened = self._place(owner, sha256).open("rb")
            except FileNotFoundError as error:
                raise Missing from error
        return _FileStream(opened, start, end)

    @measured("size")
    def size(self, owner: int, sha256: bytes) -> int | None:
        with _translated():
            try:
                return self._place(owner, sha256).stat().st_size
            except FileNotFoundError:
                return None

    @measured("delete")
    def delete(self, owner: int, sha256: bytes) -> None:
        with _translated():
            self._place(owner, sha256).unlink(missing_ok=True)

    def list(self, owner: int | None = None) -> Iterator[Content]:
        owners = [str(owner)] if owner is not None else _names(self.folder, OWNER)
        for name in owners:
            for place in _files(self.folder / name):
                try:
                    found = place.stat()
                except FileNotFoundError:  # deleted since
                    continue
                yield Content(int(name), bytes.fromhex(place.name), found.st_size, found.st_mtime_ns // 1000)

    def tidy(self, before: int) -> None:
        with _translated():
            for name in _names(self.folder / ARRIVING, re.compile(".+")):
                place = self.folder / ARRIVING / name
                with suppress(FileNotFoundError):
                    if place.stat().st_mtime_ns // 1000 < before:
                        place.unlink()

    def _place(self, owner: int, sha256: bytes) -> Path:
        name = sha256.hex()
        return self.folder / str(owner) / name[:2] / name

    def _make_folders(self, *folders: Path) -> None:
        """Make what is missing, durably; only this user may read it."""
        for folder in folders:
            if not folder.is_dir():
                folder.mkdir(mode=0o700, exist_ok=True)
                _sync_folder(folder.parent)


class _FileStream:
    """A part of an open file, in chunks."""

    def __init__(self, opened: BinaryIO, start: int, end: int) -> None:
        self._opened, self._left = opened, end - start
        self._opened.seek(start)

    def __iter__(self) -> Iterator[bytes]:
        with count_errors("read"), _translated(), self._opened:
            while self._left > 0 and (chunk := self._opened.read(min(CHUNK, self._left))):
                self._left -= len(chunk)
                yield chunk

    def close(self) -> None:
        self._opened.close()


def _write(place: Path, content: BinaryIO) -> None:
    content.seek(0)
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
        shutil.copyfileobj(content, written, CHUNK)
        written.flush()
        os.fsync(written.fileno())


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _files(folder: Path) -> Iterator[Path]:
    for part in _names(folder, re.compile("[0-9a-f]{2}")):
        for name in _names(folder / part, NAME):
            yield folder / part / name


def _names(folder: Path, pattern: re.Pattern[str]) -> list[str]:
    """Return the names in a folder that are of ours, in their order; none where there is no folder."""
    with count_errors("list"), _translated():
        try:
            return sorted(name for name in os.listdir(folder) if pattern.fullmatch(name))  # noqa: PTH208  # names alone
        except FileNotFoundError:
            return []


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unavailable(error) from error

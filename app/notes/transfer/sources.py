"""The files of a folder or a ZIP file, to be read one after the other, none of them trusted."""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

# A small archive can unpack to thousands of times its size. Past this much, its texts must be as dense as real ones.
UNPACKED_UNASKED = 64 * 1024 * 1024
RATIO = 200
UNPACKED_AT_MOST = 4 * 1024 * 1024 * 1024
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
ENCRYPTED = 0x1
READING_FAILS = (OSError, EOFError, RuntimeError, ValueError, KeyError, zipfile.BadZipFile, zlib.error)


class Unreadable(Exception):
    """A folder, archive or file cannot be read; the message is the reason, for the person."""


@dataclass(frozen=True, slots=True)
class File:
    """A file by its path below the source, with slashes. `skip` or `refuse` says why it must not be read.

    To skip is what anybody would expect; what is refused could be a loss, and the person has to look at it.
    """

    path: str
    skip: str = ""
    refuse: str = ""


class Source(ABC):
    """Where files come from."""

    @abstractmethod
    def files(self) -> Iterator[File]:
        """Yield every file that there is."""

    @abstractmethod
    def changed_at(self, path: str) -> int:
        """Return the moment of the file's last change in microseconds since 1970."""

    @abstractmethod
    def _open(self, path: str) -> IO[bytes]: ...

    @abstractmethod
    def close(self) -> None: ...

    def read(self, path: str, at_most: int) -> bytes:
        """Return the file's beginning of `at_most` bytes. Raises Unreadable."""
        try:
            with self._open(path) as file:
                return file.read(at_most)
        except READING_FAILS as error:
            raise Unreadable(_reason(error)) from None

    def lines(self, path: str, longest: int) -> Iterator[bytes]:
        """Yield the file's lines; what is longer than `longest` is cut. Raises Unreadable."""
        try:
            with self._open(path) as file:
                while line := file.readline(longest):
                    yield line
        except READING_FAILS as error:
            raise Unreadable(_reason(error)) from None


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or f"damaged: {error}"


class Folder(Source):
    """Everything below a folder. Links are not followed: what they mean may lie anywhere."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def close(self) -> None:
        """Nothing stays open between two files."""

    def files(self) -> Iterator[File]:
        closed: list[OSError] = []
        for at, folders, names in os.walk(self._root, onerror=closed.append):
            below = Path(at).relative_to(self._root)
            yield from self._not_entered(below, folders)
            for name in sorted(names):
                yield self._file((below / name).as_posix())
        for error in closed:
            yield File(f"{Path(error.filename).relative_to(self._root).as_posix()}/", refuse=_reason(error))

    def _not_entered(self, below: Path, folders: list[str]) -> Iterator[File]:
        """Take the hidden ones out of `folders`, and name those that are not entered."""
        for name in sorted(folders):
            path = (below / name).as_posix()
            if is_hidden(path):
                folders.remove(name)
                yield File(f"{path}/", skip="hidden")
            elif (self._root / path).is_symlink():
                yield File(path, skip="a link")
        folders.sort()

    def _file(self, path: str) -> File:
        try:
            mode = (self._root / path).lstat().st_mode
        except OSError as error:
            return File(path, refuse=_reason(error))
        if is_hidden(path):
            return File(path, skip="hidden")
        if stat.S_ISLNK(mode):
            return File(path, skip="a link")
        return File(path, skip="" if stat.S_ISREG(mode) else "not a regular file")

    def _open(self, path: str) -> IO[bytes]:
        # The file may have become a link or a pipe since it was listed.
        return os.fdopen(os.open(self._root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")

    def changed_at(self, path: str) -> int:
        return (self._root / path).lstat().st_mtime_ns // 1000


class Archive(Source):
    """Everything in a ZIP file. Nothing is unpacked to disk, so a name can lead nowhere."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except READING_FAILS as error:
            raise Unreadable(f"{path.name} cannot be read as a ZIP file ({_reason(error)}).") from None
        entries = [entry for entry in self._zip.infolist() if not entry.is_dir()]
        _refuse_bomb(path, sum(entry.file_size for entry in entries))
        self._entries: dict[str, zipfile.ZipInfo] = {}
        self._doubles: list[str] = []
        for entry in entries:
            name = entry.filename.replace("\\", "/")
            if self._entries.setdefault(name, entry) is not entry:
                self._doubles.append(name)

    def close(self) -> None:
        self._zip.close()

    def files(self) -> Iterator[File]:
        yield from (_entry(path, entry) for path, entry in self._entries.items())
        yield from (File(path, refuse="another file in the archive has this name") for path in self._doubles)

    def _open(self, path: str) -> IO[bytes]:
        return self._zip.open(self._entries[path])

    def changed_at(self, path: str) -> int:
        try:  # The archive names no zone, so it is taken for UTC; and anything may stand there.
            return int(datetime(*self._entries[path].date_time, tzinfo=UTC).timestamp()) * 1_000_000
        except ValueError:
            return 0


def _refuse_bomb(path: Path, unpacked: int) -> None:
    packed = path.stat().st_size
    if unpacked > UNPACKED_AT_MOST or (unpacked > UNPACKED_UNASKED and unpacked > RATIO * packed):
        raise Unreadable(
            f"{path.name} unpacks to {unpacked // 2**20} MiB, {unpacked // packed} times its size."
            " If you trust it, unpack it and import the folder."
        )


def _entry(path: str, entry: zipfile.ZipInfo) -> File:
    parts = path.split("/")
    if is_hidden(path) and ".." not in parts:
        return File(path, skip="hidden")
    if ".." in parts or parts[0] == "" or parts[0][1:2] == ":":
        return File(path, refuse="its name leads out of the archive")
    if stat.S_ISLNK(entry.external_attr >> 16):
        return File(path, skip="a link")
    if entry.flag_bits & ENCRYPTED:
        return File(path, refuse="encrypted")
    if entry.compress_type not in METHODS:
        return File(path, refuse="packed by an unusual method")
    return File(path)


def is_hidden(path: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in path.split("/"))


def open_source(path: Path) -> closing[Source]:
    """Return the files at `path`, to be used in a `with`. Raises Unreadable."""
    if path.is_dir():
        return closing(Folder(path))
    if path.is_file():
        return closing(Archive(path))
    raise Unreadable(f"There is no folder or ZIP file {path}.")

"""The files of a folder or a ZIP file, or a single one, to be read one after the other, none of them trusted."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from app.notes.transfer.encodings import guess_encoding

# A small archive can unpack to thousands of times its size. Past this much, its texts must be as dense as real ones.
UNPACKED_UNASKED = 64 * 1024 * 1024
RATIO = 200
UNPACKED_AT_MOST = 4 * 1024 * 1024 * 1024
NESTED_AT_MOST = 2  # an archive in an archive; one can hold itself without end
IN_MEMORY = 8 * 1024 * 1024  # of an archive in an archive; a larger one goes to a temporary file
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
ENCRYPTED = 0x1
NAME_IS_UTF8 = 0x800
READING_FAILS = (OSError, EOFError, RuntimeError, ValueError, KeyError, zipfile.BadZipFile, zlib.error)


class Unreadable(Exception):
    """A folder, archive or file cannot be read; the message is the reason, `detail` what is special to this one."""

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason, self.detail = reason, detail
        super().__init__(f"{reason}: {detail}" if detail else reason)


@dataclass(frozen=True, slots=True)
class File:
    """A file by its path below the source, with slashes. `skip` or `refuse` says why it must not be read.

    To skip is what anybody would expect; what is refused could be a loss, and the person has to look at it.
    """

    path: str
    skip: str = ""
    refuse: str = ""


class Source(ABC):
    """Where files come from. `encoding_of_names` is that of an archive's names, where it was guessed."""

    encoding_of_names = ""

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

    @contextmanager
    def open(self, path: str) -> Iterator[IO[bytes]]:
        """Yield the file to be read. Raises Unreadable where that fails, in the block as well."""
        try:
            with self._open(path) as file:
                yield file
        except READING_FAILS as error:
            raise _unreadable(error) from None

    def read(self, path: str, at_most: int) -> bytes:
        """Return the file's beginning of `at_most` bytes. Raises Unreadable."""
        with self.open(path) as file:
            return file.read(at_most)

    def lines(self, path: str, longest: int) -> Iterator[bytes]:
        """Yield the file's lines; what is longer than `longest` is cut. Raises Unreadable."""
        with self.open(path) as file:
            while line := file.readline(longest):
                yield line


def _unreadable(error: Exception) -> Unreadable:
    if isinstance(error, OSError) and error.strerror:
        return Unreadable(error.strerror)
    return Unreadable("damaged", str(error))


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
            yield File(f"{Path(error.filename).relative_to(self._root).as_posix()}/", refuse=str(_unreadable(error)))

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
            return File(path, refuse=str(_unreadable(error)))
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


class SingleFile(Source):
    """One file. Whoever names it means it, so a link is followed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def close(self) -> None:
        """Nothing stays open between two reads."""

    def files(self) -> Iterator[File]:
        yield File(self._path.name)

    def _open(self, path: str) -> IO[bytes]:
        assert path == self._path.name
        return self._path.open("rb")

    def changed_at(self, path: str) -> int:
        assert path == self._path.name
        return self._path.stat().st_mtime_ns // 1000


@dataclass(frozen=True, slots=True)
class _Member:
    archive: zipfile.ZipFile
    entry: zipfile.ZipInfo


class Archive(Source):
    """Everything in a ZIP file, and in ZIP files in it. No name becomes a path on disk, so it can lead nowhere."""

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        self._name, self._packed, self._unpacked = path.name, path.stat().st_size, 0
        self._encoding = encoding
        self._members: dict[str, _Member] = {}
        self._refused: list[File] = []
        with ExitStack() as opened:
            self._opened = opened
            try:
                self._add(opened.enter_context(zipfile.ZipFile(path)), "", 1)
            except READING_FAILS as error:
                raise Unreadable(f"{path.name} cannot be read as a ZIP file ({_unreadable(error)}).") from None
            self._opened = opened.pop_all()

    def close(self) -> None:
        self._opened.close()

    def _add(self, archive: zipfile.ZipFile, prefix: str, depth: int) -> None:
        # Not by `is_dir`: up to Python 3.11 it fails where a name is empty.
        entries = [entry for entry in archive.infolist() if not entry.filename.endswith("/")]
        self._unpacked += sum(entry.file_size for entry in entries)
        self._refuse_bomb()
        for name, entry in zip(self._names(entries), entries, strict=True):
            path = prefix + _without_dots(name)
            if path in self._members:
                self._refused.append(File(path, refuse="another file in the archive has this name"))
            elif is_archive(path) and _checked(path, entry) == File(path):
                self._add_nested(path, archive, entry, depth)
            else:
                self._members[path] = _Member(archive, entry)

    def _add_nested(self, path: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, depth: int) -> None:
        if depth == NESTED_AT_MOST:
            self._refused.append(File(path, refuse="an archive in an archive in an archive"))
            return
        file = self._opened.enter_context(tempfile.SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115  # the stack closes it
        try:
            with archive.open(entry) as packed:
                shutil.copyfileobj(packed, file)
            self._add(self._opened.enter_context(zipfile.ZipFile(file)), f"{path}/", depth + 1)
        except READING_FAILS as error:
            self._refused.append(File(path, refuse=str(_unreadable(error))))

    def _refuse_bomb(self) -> None:
        unpacked, packed = self._unpacked, self._packed
        if unpacked > UNPACKED_AT_MOST or (unpacked > UNPACKED_UNASKED and unpacked > RATIO * packed):
            raise Unreadable(
                f"{self._name} unpacks to {unpacked // 2**20} MiB, {unpacked // packed} times its size."
                " If you trust it, unpack it and import the folder."
            )

    def _names(self, entries: list[zipfile.ZipInfo]) -> list[str]:
        """Return the names, decoded where the archive does not say that they are UTF-8."""
        stored = [entry.orig_filename.encode("cp437") for entry in entries if not entry.flag_bits & NAME_IS_UTF8]
        encoding = self._encoding_of(b"\n".join(name for name in stored if not name.isascii()))
        names = (
            entry.orig_filename
            if entry.flag_bits & NAME_IS_UTF8
            else entry.orig_filename.encode("cp437").decode(encoding, "replace")
            for entry in entries
        )
        return [name.split("\0")[0].replace("\\", "/") for name in names]

    def _encoding_of(self, names: bytes) -> str:
        for known in ("utf-8", self._encoding):
            try:
                names.decode(known or "ascii")
            except UnicodeDecodeError:
                continue
            return known or "ascii"
        self.encoding_of_names = guess_encoding(names)
        return self.encoding_of_names

    def files(self) -> Iterator[File]:
        yield from (_checked(path, member.entry) for path, member in self._members.items())
        yield from self._refused

    def _open(self, path: str) -> IO[bytes]:
        member = self._members[path]
        return member.archive.open(member.entry)

    def changed_at(self, path: str) -> int:
        try:  # The archive names no zone, so it is taken for UTC; and anything may stand there.
            return int(datetime(*self._members[path].entry.date_time, tzinfo=UTC).timestamp()) * 1_000_000
        except ValueError:
            return 0


def _without_dots(name: str) -> str:
    """Return the name without the parts that lead nowhere, as in `./a.md`; what leads out is refused later."""
    return "/".join(part for part in name.split("/") if part != ".")


def _checked(path: str, entry: zipfile.ZipInfo) -> File:
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


def is_archive(path: str) -> bool:
    return path.lower().endswith(".zip")


def is_hidden(path: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in path.split("/"))


def open_source(path: Path, encoding: str | None = None) -> closing[Source]:
    """Return the files at `path`, for a `with`; `encoding` is that of an archive's names. Raises Unreadable."""
    if path.is_dir():
        return closing(Folder(path))
    if path.is_file():
        return closing(
            Archive(path, encoding) if is_archive(path.name) or zipfile.is_zipfile(path) else SingleFile(path)
        )
    raise Unreadable(f"There is no folder or file {path}.")

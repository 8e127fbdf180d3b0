"""Notes from a folder or a ZIP file of Markdown and text files: every file arrives or is named with the reason."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from app import clock
from app.errors import Invalid
from app.notes.drafts import BODY_BYTES, TAGS_AT_MOST, UNSTORABLE, tidy_tag
from app.notes.models import TAG_LENGTH
from app.notes.service import Note
from app.notes.transfer import histories, markdown_file
from app.notes.transfer.arrivals import BATCH, BATCH_LENGTH, Arrival, Outcome, new, store
from app.notes.transfer.markdown_file import HEADER_LENGTH, Identity, Parsed, Unusable
from app.notes.transfer.sources import File, Source, Unreadable

SUFFIXES = {"", ".md", ".markdown", ".txt", ".text", ".rst"}
# UTF-16 takes two bytes where UTF-8 takes one, and two characters may end a line where one is stored.
FILE_BYTES = 4 * (BODY_BYTES + HEADER_LENGTH)
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
NEVER_IN_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


class Skip(Exception):
    """The file is not of the kind that becomes a note; the message is the reason."""


@dataclass(slots=True)
class Report:
    """What became of the files: how many are notes now, and path and reason of those that are not.

    `remarks` are paths with what was adapted, `tags` the folders that became tags; histories came with their notes.
    """

    added: int = 0
    known: int = 0
    histories: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)


def import_files(owner: int, source: Source, files: Sequence[File], advance: Callable[[int], None]) -> Report:
    """Store what `files` of the source hold; `advance` is told how many more files are done."""
    importing = _Import(owner, source, files)
    for file in files:
        importing.take(file)
        advance(1)
    importing.finish()
    return importing.report


class _Import:
    """One run: the batch that is being filled, and the report."""

    def __init__(self, owner: int, source: Source, files: Sequence[File]) -> None:
        self.owner, self.source, self.report = owner, source, Report()
        self._histories = {file.path for file in files if file.path.endswith(histories.SUFFIX)}
        self._batch: list[tuple[str, Arrival]] = []
        self._length = 0

    def take(self, file: File) -> None:
        """Put the file's note into the batch, or the file into the report."""
        if file.path in self._histories:  # comes with its note, or is skipped in the end
            return
        try:
            arrival = self._arrival(file)
        except Skip as reason:
            self.report.skipped.append((file.path, str(reason)))
        except (Unusable, Unreadable, Invalid, OSError) as reason:
            self.report.refused.append((file.path, str(reason)))
        else:
            self._batch.append((file.path, arrival))
            self._length += len(arrival.note.draft.body)
            if len(self._batch) == BATCH or self._length > BATCH_LENGTH:
                self._store()

    def finish(self) -> None:
        self._store()
        self.report.skipped += [(path, "neither Markdown nor text") for path in sorted(self._histories)]

    def _store(self) -> None:
        outcomes = store(self.owner, [arrival for _, arrival in self._batch])
        for (path, _), outcome in zip(self._batch, outcomes, strict=True):
            if outcome is Outcome.ADDED:
                self.report.added += 1
            elif outcome is Outcome.KNOWN:
                self.report.known += 1
            else:
                self.report.refused.append((path, "The note is here already, with other content."))
        self._batch, self._length = [], 0

    def _arrival(self, file: File) -> Arrival:
        suffix = PurePosixPath(file.path).suffix.lower()
        if suffix[1:].isdigit():  # a version, as in GPL-1.2
            suffix = ""
        if suffix not in SUFFIXES or file.skip:
            raise Skip(file.skip or "neither Markdown nor text")
        if file.refuse:
            raise Unusable(file.refuse)
        data = self.source.read(file.path, FILE_BYTES + 1)
        if not suffix and NEVER_IN_TEXT.search(data) and not data.startswith(UTF16):
            raise Skip("binary")
        if len(data) > FILE_BYTES:
            raise Unusable(f"A text has at most {BODY_BYTES // 1024} KiB.")
        text, remark = decoded(data)
        parsed = markdown_file.read(text)
        parsed.remarks += [remark] if remark else []
        arrival = (
            self._ours(file.path, data, parsed, parsed.identity)
            if parsed.identity
            else self._new(file.path, data, parsed)
        )
        self.report.remarks += [(file.path, remark) for remark in parsed.remarks]
        return arrival

    def _ours(self, path: str, data: bytes, parsed: Parsed, identity: Identity) -> Arrival:
        assert parsed.created_at is not None
        assert parsed.changed_at is not None
        note = Note(
            self.owner,
            identity.id,
            identity.version,
            parsed.place,
            parsed.pinned,
            parsed.created_at,
            parsed.changed_at,
            parsed.draft.cleaned(),
        )
        key = f"note-{note.id}-{note.created_at}"
        history = self._history(path, identity, parsed.remarks)
        return Arrival(note, key, _sha256(data), True, identity.touched_at, history)

    def _history(self, path: str, identity: Identity, remarks: list[str]) -> histories.History | tuple[()]:
        if not identity.revisions:
            return ()
        beside = histories.path_beside(path, identity.id)
        if beside not in self._histories:
            remarks.append(f"Its {identity.revisions} older versions are not here.")
            return ()
        history = histories.History(self.source, beside)
        history.check(identity.revisions, identity.version)
        self._histories.remove(beside)
        self.report.histories += 1
        return history

    def _new(self, path: str, data: bytes, parsed: Parsed) -> Arrival:
        name = UNSTORABLE.sub("�", PurePosixPath(path).stem)
        title, body = markdown_file.with_fitting_title(parsed.draft.title or name, parsed.draft.body)
        draft = replace(parsed.draft, title=title, body=body, tags=self._with_folders(path, parsed)).cleaned()
        file_time = min(max(self.source.changed_at(path), 0), clock.now_us())
        changed_at = parsed.changed_at if parsed.changed_at is not None else file_time
        note = replace(new(self.owner, draft, parsed.created_at, changed_at), pinned=parsed.pinned)
        source = path.encode("utf-8", "surrogatepass") + b"\0" + _sha256(data)
        return Arrival(note, f"file-{_sha256(source).hex()[:56]}")

    def _with_folders(self, path: str, parsed: Parsed) -> tuple[str, ...]:
        """Return the tags and those that the folders around the file make, as far as they fit."""
        tags = {tidy_tag(tag): tag for tag in parsed.draft.tags}
        for folder in PurePosixPath(path).parts[:-1]:
            tag = tidy_tag(markdown_file.fitting_tag(folder))
            if not tag or len(tag) > TAG_LENGTH or UNSTORABLE.search(tag) or len(tags) >= TAGS_AT_MOST:
                parsed.remarks.append(f"Its folder {folder!r} did not become a tag.")
            else:
                tags[tag] = tag
                self.report.tags.add(tag)
        return tuple(tags.values())


def decoded(data: bytes) -> tuple[str, str]:
    """Return the text with plain newlines, and a remark if its encoding had to be guessed. Raises Unusable."""
    text, remark = _decoded(data)
    return text.replace("\r\n", "\n").replace("\r", "\n"), remark


def _decoded(data: bytes) -> tuple[str, str]:
    if data.startswith(UTF16):
        try:
            return data.decode("utf-16"), ""
        except UnicodeDecodeError:
            raise Unusable("It begins like UTF-16 and is not.") from None
    if b"\0" in data:
        raise Unusable("It is binary: it holds NUL.")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding), "" if encoding == "utf-8-sig" else "It is not UTF-8; it was read as cp1252."
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1"), "It is not UTF-8; it was read as latin-1."


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()

"""Notes from Markdown and text files: every file arrives or is named with the reason."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from app import clock
from app.errors import Conflict, Invalid, NotFound
from app.files.service import find as find_files
from app.notes import service, wikilinks
from app.notes.drafts import TAGS_AT_MOST, UNSTORABLE, tidy_tag
from app.notes.service import Note
from app.notes.transfer import histories, markdown_file
from app.notes.transfer.attachments import Attachments, is_exported_file
from app.notes.transfer.encodings import UTF16, Undecodable, decode
from app.notes.transfer.fitting import fit_tag, fit_title, split_text
from app.notes.transfer.markdown_file import Identity, Parsed, Remark, Unusable
from app.notes.transfer.sources import File, Source, Unreadable, is_archive
from app.notes.transfer.storing import BATCH, BATCH_LENGTH, IncomingNote, Outcome, id_of, mention_files, new_note, store

SUFFIXES = {"", ".md", ".markdown", ".txt", ".text", ".rst"}
SUFFIX = re.compile(r"\.[a-z][a-z0-9_+-]*\Z")  # not what follows a dot in GPL-1.2 or "v2.5 plans"
FILE_BYTES = 16 * 1024 * 1024  # a larger one is no text that people wrote
NO_TEXT = "neither Markdown nor text, and no text leads to it"
NEVER_IN_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


class Skip(Exception):
    """The file is not of the kind that becomes a note; the message is the reason."""


@dataclass(slots=True)
class Report:
    """What became of the files: how many are notes now, and path and reason of those that are not.

    `remarks` are paths with what was adapted, `tags` the folders that became tags; histories came with their notes,
    and `files` are those that texts lead to.
    """

    added: int = 0
    known: int = 0
    histories: int = 0
    files: int = 0
    skipped: list[tuple[str, Remark]] = field(default_factory=list)
    refused: list[tuple[str, Remark]] = field(default_factory=list)
    remarks: list[tuple[str, Remark]] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)


def import_files(
    owner: int, source: Source, files: Sequence[File], advance: Callable[[int], None], encoding: str | None = None
) -> Report:
    """Store what `files` of the source hold; `advance` is told how many more files are done.

    `encoding` is that of the texts which are not UTF-8; None guesses.
    """
    importing = _Import(owner, source, files, encoding)
    for file in files:
        importing.take(file)
        advance(1)
    importing.finish()
    return importing.report


class _Import:
    """One run: the batch that is being filled, and the report."""

    def __init__(self, owner: int, source: Source, files: Sequence[File], encoding: str | None) -> None:
        self.owner, self.source, self.encoding, self.report = owner, source, encoding, Report()
        self._histories = {file.path for file in files if file.path.endswith(histories.SUFFIX)}
        self._attachments = Attachments(
            owner,
            source,
            [file.path for file in files if is_attachment(file)],
            [file.path for file in files if is_note(file)],
        )
        self._batch: list[tuple[str, IncomingNote]] = []
        self._length = 0
        self._titles: dict[str, tuple[str, str]] = {}  # by the key of a file's name: the name, and the note's title
        self._linked: set[str] = set()

    def take(self, file: File) -> None:
        """Put the file's notes into the batch, or the file into the report."""
        if file.path in self._histories:  # comes with its note, or is skipped in the end
            return
        try:
            notes = self._notes(file)
        except Skip as reason:
            self.report.skipped.append((file.path, Remark(str(reason))))
        except Unreadable as reason:
            self.report.refused.append((file.path, Remark(reason.reason, reason.detail)))
        except OSError as error:
            self.report.refused.append((file.path, Remark(error.strerror or str(error))))
        except (Unusable, Undecodable, Invalid) as reason:
            self.report.refused.append((file.path, Remark(str(reason))))
        else:
            for note in notes:
                self._put(file.path, note)

    def finish(self) -> None:
        self._store()
        self._lead_links_to_titles()
        self._report_attachments()
        self.report.skipped += [(path, Remark(NO_TEXT)) for path in sorted(self._histories)]
        if self.source.encoding_of_names:
            guess = Remark("Names that are not UTF-8 were read by a guess; --encoding names another.")
            self.report.remarks.append((self.source.encoding_of_names, guess))

    def _report_attachments(self) -> None:
        found = self._attachments
        known = found.taken.keys() | found.skipped.keys() | found.refused.keys()
        self.report.files = len(found.taken)
        self.report.skipped = [one for one in self.report.skipped if one[0] not in known] + list(found.skipped.items())
        self.report.refused += found.refused.items()

    def _lead_links_to_titles(self) -> None:
        """Let links lead to notes by their titles: in other programs they name files."""
        titles = dict(self._titles[key] for key in sorted(self._linked & self._titles.keys()))
        service.follow(self.owner, titles, keep_words=True)

    def _put(self, path: str, note: IncomingNote) -> None:
        self._batch.append((path, note))
        self._length += len(note.note.draft.body)
        self._linked.update(map(wikilinks.key, wikilinks.find(note.note.draft.body)))
        if len(self._batch) == BATCH or self._length > BATCH_LENGTH:
            self._store()

    def _store(self) -> None:
        outcomes = store(self.owner, [note for _, note in self._batch])
        for (path, note), outcome in zip(self._batch, outcomes, strict=True):
            if outcome is Outcome.ADDED:
                self.report.added += 1
            elif outcome is Outcome.KNOWN:
                self.report.known += 1
            else:
                self.report.refused.append((path, Remark("The note is here already, with other content.")))
            if outcome is not Outcome.ADDED:
                self._lead_to_files(path, note)
        self._batch, self._length = [], 0

    def _lead_to_files(self, path: str, incoming: IncomingNote) -> None:
        """Let a note that was here already lead to files that arrive only now, as they were refused before."""
        leads = self._attachments.led_to[path] if incoming.as_it_was else find_files(incoming.note.draft.body)
        if not (unused := leads & self._attachments.unused):
            return
        if incoming.as_it_was:  # its text has their numbers, as a rule
            mention_files(incoming, unused)
            return
        with suppress(Conflict, Invalid, NotFound):  # it was edited in the same lines, is too long by now, or is gone
            service.save(self.owner, id_of(incoming), 1, incoming.note.draft)

    def _notes(self, file: File) -> list[IncomingNote]:
        suffix = suffix_of(file.path)
        if file.refuse and (is_note(file) or is_archive(file.path)):
            raise Unusable(file.refuse)
        if file.skip or not is_note(file):
            other = "a ZIP file in a folder; import it by itself" if is_archive(file.path) else NO_TEXT
            raise Skip(file.skip or file.refuse or other)
        data = self.source.read(file.path, FILE_BYTES + 1)
        if not suffix and NEVER_IN_TEXT.search(data) and not data.startswith(UTF16):
            raise Skip("binary")
        if len(data) > FILE_BYTES:
            raise Unusable(f"A text file has at most {FILE_BYTES // 2**20} MiB.")
        text, guess = decode(data, self.encoding)
        parsed = markdown_file.read(text)
        if guess:
            parsed.remarks.append(
                Remark("It is not plain UTF-8 and was read by a guess; --encoding names another.", guess)
            )
        notes = (
            [self._ours(file.path, data, parsed, parsed.identity)]
            if parsed.identity
            else list(self._new(file.path, data, parsed))
        )
        self.report.remarks += [(file.path, remark) for remark in parsed.remarks]
        return notes

    def _ours(self, path: str, data: bytes, parsed: Parsed, identity: Identity) -> IncomingNote:
        assert parsed.created_at is not None
        assert parsed.changed_at is not None
        body = markdown_file.with_rest(parsed, "")
        self._attachments.take_exported(path, body)
        note = Note(
            self.owner,
            identity.id,
            identity.version,
            parsed.place,
            parsed.pinned,
            parsed.created_at,
            parsed.changed_at,
            replace(parsed.draft, body=self._attachments.lead_back(path, body)).cleaned(),
        )
        key = f"note-{note.id}-{note.created_at}"
        history = self._history(path, identity, parsed.remarks)
        return IncomingNote(note, key, _sha256(data), True, identity.touched_at, history)

    def _history(self, path: str, identity: Identity, remarks: list[Remark]) -> histories.History | tuple[()]:
        if not identity.revisions:
            return ()
        beside = histories.path_beside(path, identity.id)
        if beside not in self._histories:
            remarks.append(Remark("Its older versions are not here.", str(identity.revisions)))
            return ()
        history = histories.History(self.source, beside, lambda text: self._attachments.lead_back(path, text))
        for older in histories.History(self.source, beside, str):
            self._attachments.take_exported(path, older.draft.body)
        history.check(identity.revisions, identity.version)
        self._histories.remove(beside)
        self.report.histories += 1
        return history

    def _new(self, path: str, data: bytes, parsed: Parsed) -> Iterator[IncomingNote]:
        """Yield the file as a note, or as several where its text is longer than that of a note may be."""
        name = UNSTORABLE.sub(
            "�", PurePosixPath(path).name.removesuffix(PurePosixPath(path).suffix * bool(suffix_of(path)))
        )
        title = parsed.draft.title or name
        body = markdown_file.with_rest(parsed, name if _letters(name) != _letters(title) else "")
        title, body = fit_title(title, self._attachments.take_along(path, body, parsed.remarks))
        if wikilinks.key(name) != wikilinks.key(title):
            self._titles.setdefault(wikilinks.key(name), (" ".join(name.split()), title))
        draft = replace(parsed.draft, title=title, tags=self._with_folders(path, parsed))
        file_time = min(max(self.source.changed_at(path), 0), clock.now_us())
        changed_at = parsed.changed_at if parsed.changed_at is not None else file_time
        source = _sha256(path.encode("utf-8", "surrogatepass") + b"\0" + _sha256(data)).hex()
        parts = list(split_text(body)) or [""]
        if len(parts) > 1:
            parsed.remarks.append(Remark("It is too long for one note and became several.", f"{len(parts)} notes"))
        for number, part in enumerate(parts):
            note = new_note(self.owner, replace(draft, body=part).cleaned(), parsed.created_at, changed_at)
            key = f"file-{source[:56]}" if number == 0 else f"file-{number}-{source[:48]}"
            yield IncomingNote(replace(note, pinned=parsed.pinned), key)

    def _with_folders(self, path: str, parsed: Parsed) -> tuple[str, ...]:
        """Return the tags and those that the folders around the file make, as far as they fit."""
        tags = {tidy_tag(tag): tag for tag in parsed.draft.tags}
        for folder in PurePosixPath(path).parts[:-1]:
            if is_archive(folder):
                continue
            tag = fit_tag(folder)
            if not tag or (tidy_tag(tag) not in tags and len(tags) >= TAGS_AT_MOST):
                parsed.remarks.append(Remark("Not all its folders became tags.", folder))
            else:
                tags.setdefault(tidy_tag(tag), tag)
                self.report.tags.add(tidy_tag(tag))
        return tuple(tags.values())


def is_attachment(file: File) -> bool:
    """Tell whether this may be taken along: what may be read and is no text."""
    return not file.skip and not file.refuse and not is_note(file)


def is_note(file: File) -> bool:
    """Tell whether this becomes a note, if it can be read."""
    return suffix_of(file.path) in SUFFIXES and not is_exported_file(file.path)


def suffix_of(path: str) -> str:
    """Return what the name ends in, in small letters, "" where that is no kind of file."""
    suffix = PurePosixPath(path).suffix.lower()
    return suffix if SUFFIX.match(suffix) else ""


def _letters(name: str) -> str:
    """Return what two names have in common that are the same to a person: `My-plan` and `my plan`."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", name).casefold()))


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()

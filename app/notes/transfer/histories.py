"""The older contents of a note as a file beside it: one JSON object a line, oldest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import PurePosixPath

import orjson

from app import clock
from app.errors import Invalid
from app.notes.drafts import BODY_BYTES, Draft
from app.notes.service import Revision
from app.notes.transfer import dates
from app.notes.transfer.markdown_file import Unusable
from app.notes.transfer.sources import Source

FOLDER = "history"
SUFFIX = ".jsonl"
LONGEST_LINE = 8 * BODY_BYTES  # JSON may take six bytes for one


def path(note_id: int) -> str:
    return f"{FOLDER}/{note_id}{SUFFIX}"


def path_beside(note_path: str, note_id: int) -> str:
    """Return where the history of the note at `note_path` (…/notes/name.md) is: …/history/ID.jsonl."""
    return (PurePosixPath(note_path).parent.parent / path(note_id)).as_posix()


def write_line(revision: Revision) -> bytes:
    draft = revision.draft
    said = {
        "version": revision.version,
        "replaced": clock.to_datetime(revision.replaced_at).isoformat(),
        "title": draft.title,
        "tags": draft.tags,
        "status": draft.status,
        "due": draft.due_on,
        "body": draft.body,
    }
    return orjson.dumps(said) + b"\n"


@dataclass(frozen=True, slots=True)
class History:
    """The history at `path`, read anew each time, because it may be too large to keep; `lead_back` is for its links."""

    source: Source
    path: str
    lead_back: Callable[[str], str]

    def __iter__(self) -> Iterator[Revision]:
        for line in self.source.lines(self.path, LONGEST_LINE):
            older = read_line(line)
            yield replace(older, draft=replace(older.draft, body=self.lead_back(older.draft.body)))

    def check(self, number: int, below_version: int) -> None:
        """Raise Unusable unless these are `number` versions in rising order below `below_version`."""
        versions = [revision.version for revision in self]
        if (
            len(versions) != number
            or versions != sorted({*versions})
            or not 0 < versions[0] <= versions[-1] < below_version
        ):
            raise Unusable("Its history is not the one that was exported with it.")


def read_line(line: bytes) -> Revision:
    try:
        said = orjson.loads(line)
        version, replaced_at = int(said["version"]), dates.to_microseconds(dates.parse_iso(said["replaced"]))
        due_on = date.fromisoformat(said["due"]) if said["due"] else None
        draft = Draft(said["title"], said["body"], tuple(said["tags"]), said["status"], due_on).cleaned()
        return Revision(version, replaced_at, draft)
    except (ValueError, KeyError, TypeError, AttributeError, Invalid):
        raise Unusable("Its history cannot be read.") from None

"""What the tests of import and export share: running `flask notes`, real files, and every column of what is stored."""

from __future__ import annotations

import os
import shutil
import sysconfig
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from click.testing import Result
from flask import Flask
from sqlalchemy import select, text

from app import db
from app.files.models import file, file_total, file_use
from app.notes import note_lists, service
from app.notes.models import note, note_creation, note_revision, note_tag
from app.notes.transfer.importing import SUFFIXES

# A slim image has no /usr/share/doc to speak of; the last two make up for it.
PLACES = ["/usr/share/common-licenses", "/usr/share/doc", *map(sysconfig.get_path, ("purelib", "stdlib")), "/usr/share"]
OWNER = ("--owner", "alice@example.org")
WORDS = {
    "sqlite": text("SELECT id, c0 FROM note_search_content ORDER BY id"),
    "mysql": text("SELECT note_id, words FROM note_search ORDER BY note_id"),
}


def run(app: Flask, command: str, *arguments: object, owner: tuple[str, ...] = OWNER) -> Result:
    """Run `flask notes COMMAND ARGUMENTS --owner alice@example.org`; an import lists everything."""
    if command == "import":
        arguments = (*arguments, "--full")
    return app.test_cli_runner().invoke(args=["notes", command, *map(str, arguments), *owner])


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write the files below the folder, and return it."""
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def notes(owner: int, place: str = "notes") -> dict[str, service.Note]:
    """Return the newest twenty notes in a place by their titles."""
    rows = note_lists.in_place(owner, place, None).rows
    return {row.title: service.get(owner, row.id) for row in rows}


def stored() -> dict[str, list[Any]]:
    """Return every column of every note, tag, older version and search text."""
    tables = {
        table.name: db.read(select(table).order_by(*table.primary_key)).all()
        for table in (note, note_tag, note_revision, file_use, file_total)
    }
    words = WORDS["sqlite" if db.connection().dialect.name == "sqlite" else "mysql"]
    return {name: [tuple(row) for row in rows] for name, rows in tables.items()} | {
        "words": [tuple(row) for row in db.read(words)]
    }


@db.in_transaction
def forget_everything() -> None:
    """Make the instance as empty as a new one; only the accounts stay."""
    connection = db.connection()
    connection.execute(note.delete())
    connection.execute(note_creation.delete())
    connection.execute(file.delete())
    connection.execute(file_total.delete())
    connection.execute(text("DELETE FROM note_search"))


def found() -> Iterator[Path]:
    """Yield the documentation that Debian, Python and its packages bring."""
    for place in PLACES:
        for folder, folders, names in os.walk(place):
            folders.sort()
            yield from (Path(folder, name) for name in sorted(names) if Path(name).suffix.lower() in SUFFIXES)


def copied(to: Path, at_most: int) -> int:
    """Copy that many files, as many as there are, below folders of their own; return how many."""
    number = 0
    for number, path in enumerate(islice((path for path in found() if path.is_file()), at_most), 1):
        target = to / path.parent.name.lstrip(".") / f"{number} {path.name}"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    return number

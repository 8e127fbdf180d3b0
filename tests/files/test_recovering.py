"""A note that comes back from a backup brings its files: those that are gone, by the numbers that its text knows."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from on_databases import on_sqlite

from app.files import claims, service
from app.files.service import File
from app.notes import service as notes
from app.notes.drafts import Draft
from devtools.people import email
from files.conftest import PDF, PNG, add

pytestmark = on_sqlite


@pytest.fixture
def files(owner: int) -> list[File]:
    """What a note mentions, and what it did in an earlier version."""
    return [add(owner), add(owner, PDF, "bill.pdf")]


@pytest.fixture
def note(owner: int, files: list[File]) -> notes.Note:
    made = notes.create(owner, Draft("Garden", service.in_text(files[1])), "key")
    return notes.save(owner, made.id, made.version, Draft("Garden", service.in_text(files[0])))


@pytest.fixture
def backup(app: Flask, note: notes.Note, tmp_path: Path) -> Path:
    assert app.test_cli_runner().invoke(args=["database", "backup", str(tmp_path / "backups")]).exit_code == 0
    [made] = (path for path in (tmp_path / "backups").iterdir() if path.name != "files")
    return made


def delete_for_good(owner: int, note: notes.Note, files: list[File]) -> None:
    notes.move(owner, note.id, "trash")
    notes.empty_trash(owner)
    assert service.remove_unused(owner, files) == len(files)


def restore(app: Flask, note: notes.Note, backup: Path) -> Result:
    words = ["notes", "restore", str(note.id), "--owner", email("alice"), "--backup", str(backup)]
    return app.test_cli_runner().invoke(args=words)


def read(of: File) -> bytes:
    return b"".join(service.open_content(of, 0, of.size))


def test_its_files_come_back_with_it(app: Flask, owner: int, note: notes.Note, files: list[File], backup: Path) -> None:
    delete_for_good(owner, note, files)
    assert restore(app, note, backup).output == "Garden is among the notes.\n"
    back = service.of_note(owner, note.id)
    assert [(one.id, one.name, read(one)) for one in back] == [
        (one.id, one.name, content) for one, content in zip(files, (PNG, PDF), strict=True)
    ]
    assert notes.get(owner, note.id).draft == note.draft
    assert service.usage(owner).files == 2
    assert all(service.get(owner, one.id).unused_at is None for one in files)


def test_content_that_the_store_has_lost_comes_back(
    app: Flask, owner: int, note: notes.Note, files: list[File], backup: Path
) -> None:
    notes.move(owner, note.id, "trash")
    notes.empty_trash(owner)
    claims.store.get().delete(owner, files[0].sha256)
    assert restore(app, note, backup).exit_code == 0
    assert read(files[0]) == PNG


def test_a_file_that_was_sent_again_since_is_led_to(
    app: Flask, owner: int, note: notes.Note, files: list[File], backup: Path
) -> None:
    delete_for_good(owner, note, files)
    again = add(owner, PNG, "again.png")
    assert restore(app, note, backup).exit_code == 0
    [number] = re.findall(r"/files/(\d+)/", notes.get(owner, note.id).draft.body)
    assert int(number) == again.id != files[0].id
    assert str(files[1].id) in notes.revision(owner, note.id, 1).draft.body


def test_what_the_backup_has_not_or_has_no_room_is_said_and_the_note_comes_back(
    app: Flask, owner: int, note: notes.Note, files: list[File], backup: Path
) -> None:
    delete_for_good(owner, note, files)
    [damaged] = (backup.parent / "files").glob(f"[0-9]*/*/{files[0].sha256.hex()}")
    damaged.write_bytes(b"x" * files[0].size)
    app.config["ACCOUNT_MEGABYTES"], app.config["FILE_MEGABYTES"] = 1, 1
    add(owner, bytes(2**20 - 10), "full.bin")
    result = restore(app, note, backup)
    assert (result.exit_code, result.stdout) == (1, "Garden is among the notes.\n")
    assert [line.split(":")[1] for line in result.stderr.splitlines()] == [" cat.png", " bill.pdf"]
    assert "is missing or damaged" in result.stderr
    assert "of which 10 bytes are left" in result.stderr


def test_a_note_that_is_here_brings_no_file(
    app: Flask, owner: int, note: notes.Note, files: list[File], backup: Path
) -> None:
    notes.save(owner, note.id, note.version, Draft("Garden", "without"))
    claims.store.get().delete(owner, files[0].sha256)
    assert "is here" in restore(app, note, backup).output
    assert claims.store.get().size(owner, files[0].sha256) is None


def test_without_the_folder_of_files_the_note_comes_back_alone(
    app: Flask, owner: int, note: notes.Note, files: list[File], backup: Path
) -> None:
    delete_for_good(owner, note, files)
    shutil.rmtree(backup.parent / "files")
    assert restore(app, note, backup).exit_code == 1
    assert notes.get(owner, note.id).draft == note.draft
    assert service.usage(owner).files == 0

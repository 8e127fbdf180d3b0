"""Exports are read from the database's copies, where there are some; everything else from the writer."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app import create_app, db
from app.db.metadata import sqlalchemy
from app.notes import service
from app.notes.drafts import Draft
from config import ConfigError, from_environment
from devtools import people
from devtools.databases import settings


@pytest.fixture
def with_copy(migrated_file: Path, tmp_path: Path) -> Iterator[Flask]:
    """An app whose copy is a note behind its writer."""
    writer, copy = tmp_path / "writer.db", tmp_path / "copy.db"
    shutil.copy(migrated_file, writer)
    first = create_app(settings(f"sqlite:///{writer}"))
    account = people.create_accounts(first)["alice"]
    with first.app_context():
        service.create(account.id, Draft(title="Known to the copy"), "a" * 22)
        db.release()
        sqlalchemy.engine.dispose()  # writes what SQLite keeps beside the file into it
    shutil.copy(writer, copy)
    app = create_app(settings(f"sqlite:///{writer}", DATABASE_READER_URL=f"sqlite:///{copy}"))
    with app.app_context():
        service.create(account.id, Draft(title="Known to the writer only"), "b" * 22)
    yield app
    with app.app_context():
        for engine in sqlalchemy.engines.values():
            engine.dispose()


def titles(owner: int) -> set[str]:
    return {note.draft.title for note, _ in service.each(owner)}


def test_a_block_that_may_be_late_reads_from_the_copy_and_nothing_else_does(with_copy: Flask) -> None:
    with with_copy.app_context():
        before = titles(1)
        with db.reader():
            assert titles(1) == {"Known to the copy"}
        assert titles(1) == before == {"Known to the copy", "Known to the writer only"}


def test_the_command_exports_from_the_copy(with_copy: Flask, tmp_path: Path) -> None:
    done = with_copy.test_cli_runner().invoke(
        args=["notes", "export", str(tmp_path / "out"), "--owner", people.email("alice")]
    )
    assert "1 note exported" in done.output


def test_a_copy_is_reached_as_the_writer_is() -> None:
    environ = {"DATABASE_URL": "mysql+pymysql://app:secret@writer/notes"}
    from_environment(environ | {"DATABASE_READER_URL": "mysql+pymysql://app:secret@reader/notes"})
    with pytest.raises(ConfigError, match="in more than its host"):
        from_environment(environ | {"DATABASE_READER_URL": "mysql+pymysql://other:secret@reader/notes"})

"""`flask database backup` takes the content of files along, each once, and `restore` puts it back."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from app import db
from app.db import backup
from app.db.metadata import sqlalchemy
from app.files import claims, service
from app.files.service import File
from app.files.store import Store
from devtools.people import create_accounts
from files.conftest import PNG, add

Command = Callable[..., Result]


@pytest.fixture
def database_url(tmp_path: Path, migrated_file: Path) -> str:
    return f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'notes.db')}"


@pytest.fixture
def command(app: Flask) -> Command:
    """Run `flask database ...` on this test's database."""

    def run(*words: object) -> Result:
        return app.test_cli_runner().invoke(args=["database", *map(str, words)])

    return run


@pytest.fixture
def owner(app: Flask) -> int:
    return create_accounts(app)["alice"].id


@pytest.fixture
def make_file(app: Flask, owner: int) -> Callable[[int], File]:
    def make(number: int) -> File:
        with app.app_context():
            made = add(owner, PNG + bytes([number]))
            db.release()
            sqlalchemy.engine.dispose()  # as long as a server has a database open, none is restored
            return made

    return make


@pytest.fixture
def store(app: Flask) -> Store:
    return claims.store.of(app)


def copied(folder: Path) -> list[bytes]:
    return sorted(path.read_bytes() for path in (folder / "files").glob("[0-9]*/*/*"))


def test_files_go_along_and_come_back(
    command: Command, tmp_path: Path, make_file: Callable[[int], File], store: Store, owner: int
) -> None:
    files = [make_file(1), make_file(2)]
    assert command("backup", tmp_path / "backups").exit_code == 0
    assert copied(tmp_path / "backups") == [PNG + b"\1", PNG + b"\2"]
    store.delete(owner, files[0].sha256)
    [made] = backup.find_all(tmp_path / "backups")
    assert command("restore", made).exit_code == 0
    assert b"".join(store.open(owner, files[0].sha256, 0, 1000)) == PNG + b"\1"


def test_a_content_is_there_once_and_for_as_long_as_a_backup_that_is_kept(
    app: Flask, command: Command, tmp_path: Path, make_file: Callable[[int], File], owner: int
) -> None:
    first = make_file(1)
    command("backup", tmp_path / "backups")
    [place] = (tmp_path / "backups/files").glob("[0-9]*/*/*")
    number = place.stat().st_ino
    with app.app_context():
        service.remove(owner, first.id)
    make_file(2)
    command("backup", tmp_path / "backups", "--keep", 2)
    assert (place.stat().st_ino, copied(tmp_path / "backups")) == (number, [PNG + b"\1", PNG + b"\2"])
    command("backup", tmp_path / "backups", "--keep", 2)
    assert copied(tmp_path / "backups") == [PNG + b"\2"]


def test_a_file_that_is_not_whole_fails_the_backup_which_has_all_else(
    command: Command, tmp_path: Path, make_file: Callable[[int], File], store: Store, owner: int
) -> None:
    missing, damaged, _ = map(make_file, (1, 2, 3))
    store.delete(owner, missing.sha256)
    store.put(owner, damaged.sha256, io.BytesIO(b"x" * damaged.size))
    result = command("backup", tmp_path / "backups")
    assert (result.exit_code, "2 files is missing or damaged: `flask files check`" in result.output) == (1, True)
    assert copied(tmp_path / "backups") == [PNG + b"\3"]
    assert len(backup.find_all(tmp_path / "backups")) == 1


def test_what_a_backup_lacks_is_said_and_the_rest_restored(
    command: Command, tmp_path: Path, make_file: Callable[[int], File], store: Store, owner: int
) -> None:
    file = make_file(1)
    command("backup", tmp_path / "backups")
    shutil.rmtree(tmp_path / "backups/files")
    store.delete(owner, file.sha256)
    result = command("restore", backup.find_all(tmp_path / "backups")[0])
    assert (result.exit_code, "lacks the content of 1 files" in result.output) == (1, True)
    assert "is as it was at" in result.output


def test_a_backup_of_a_database_without_files_has_no_folder_for_them(command: Command, tmp_path: Path) -> None:
    command("backup", tmp_path / "backups")
    assert not (tmp_path / "backups/files").exists()

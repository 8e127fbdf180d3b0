"""What a command says about a database that is not as it should be: one sentence, and nothing is changed."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from devtools.databases import SETTINGS
from devtools.processes import ROOT, free_port

UPGRADE = ("db", "upgrade")
IMPORT = ("notes", "import", "docs", "--owner", "a@example.org")


def flask(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flask", "--app", "crudapp", *arguments]
    environ = os.environ | SETTINGS | {"DATABASE_URL": url}
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)


def made_by_the_original(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE entry (id INTEGER, title TEXT, description TEXT, status INTEGER)")
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('5a4dc3c1c0d4')")
    connection.close()
    return f"sqlite:///{path}"


def no_database(path: Path) -> str:
    path.write_text("no database at all, but a text\n" * 100)
    return f"sqlite:///{path}"


def unreachable(_path: Path) -> str:
    return f"mysql+pymysql://somebody:secret-word@127.0.0.1:{free_port()}/notes"


def empty(path: Path) -> str:
    return f"sqlite:///{path}"


def in_no_folder(path: Path) -> str:
    return f"sqlite:///{path.parent}/mistyped/notes.db"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "arguments", "sentence"),
    [
        (made_by_the_original, UPGRADE, "flask notes adopt sqlite:///"),
        (no_database, UPGRADE, "it is no SQLite database"),
        (unreachable, UPGRADE, "it cannot be reached"),
        (in_no_folder, UPGRADE, "there is no such folder"),
        (empty, IMPORT, "run `flask db upgrade` first"),
        (empty, ("accounts", "token", "a@example.org", "--name", "x"), "run `flask db upgrade` first"),
        (no_database, IMPORT, "it is no SQLite database"),
        (unreachable, IMPORT, "it cannot be reached"),
    ],
)
def test_a_command_says_in_one_sentence_what_is_wrong(tmp_path: Path, make, arguments, sentence) -> None:  # type: ignore[no-untyped-def]  # a table of functions above
    done = flask(make(tmp_path / "notes.db"), *arguments)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "secret-word" not in done.stderr
    assert not (tmp_path / "mistyped").exists()


@pytest.mark.slow
def test_the_command_for_an_account_that_is_missing_is_named(tmp_path: Path) -> None:
    url = empty(tmp_path / "notes.db")
    assert flask(url, *UPGRADE).returncode == 0
    assert "`flask accounts create a@example.org` makes it" in flask(url, *IMPORT).stderr


@pytest.mark.slow
def test_nobody_else_on_the_machine_can_read_the_database(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.touch(mode=0o644)
    assert flask(empty(path), *UPGRADE).returncode == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

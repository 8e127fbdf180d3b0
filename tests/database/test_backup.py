"""`flask database backup` copies the embedded database while it serves; `restore` puts a copy in its place."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from app import create_app
from app.db import backup
from devtools.app_server import gunicorn
from devtools.databases import MIGRATIONS, migrate, settings
from devtools.people import create_accounts, create_token
from devtools.writers import Writers

Command = Callable[..., Result]


@pytest.fixture
def database(tmp_path: Path, migrated_file: Path) -> Path:
    return Path(shutil.copy(migrated_file, tmp_path / "notes.db"))


@pytest.fixture
def database_url(database: Path) -> str:
    return f"sqlite:///{database}"


@pytest.fixture
def command(app: Flask) -> Command:
    """Run `flask database ...` on this test's database."""

    def run(*words: object) -> Result:
        return app.test_cli_runner().invoke(args=["database", *map(str, words)])

    return run


def emails(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as opened:
        return [email for (email,) in opened.execute("SELECT email FROM account ORDER BY email")]


def add(database: Path, email: str) -> None:
    with closing(sqlite3.connect(database)) as opened, opened:
        opened.execute("INSERT INTO account (email, password_hash, created_at) VALUES (?, '', 0)", [email])


def test_a_backup_is_one_folder_for_its_owner_alone(command: Command, tmp_path: Path, database: Path) -> None:
    add(database, "a@example.org")
    assert command("backup", tmp_path / "backups").exit_code == 0
    (made,) = backup.find_all(tmp_path / "backups")
    assert sorted(path.name for path in made.iterdir()) == ["manifest.json", "notes.db"]
    assert {path.stat().st_mode & 0o077 for path in [made, *made.iterdir()]} == {0}
    manifest = backup.read_back(made)
    newest = max(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    assert (manifest.rows["account"], manifest.revision) == (1, newest)


def test_what_another_connection_has_committed_and_not_yet_written_into_the_file_is_in_it(
    command: Command, tmp_path: Path, database: Path
) -> None:
    with closing(sqlite3.connect(database)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("INSERT INTO account (email, password_hash, created_at) VALUES ('a@example.org', '', 0)")
        other.commit()
        other.execute("INSERT INTO account (email, password_hash, created_at) VALUES ('later@example.org', '', 0)")
        assert command("backup", tmp_path / "backups").exit_code == 0
    assert emails(backup.find_all(tmp_path / "backups")[0] / "notes.db") == ["a@example.org"]


def test_the_newest_are_kept(command: Command, tmp_path: Path, database: Path) -> None:
    for number in range(4):
        add(database, f"{number}@example.org")
        assert command("backup", tmp_path / "backups", "--keep", 2).exit_code == 0
    assert [len(emails(made / "notes.db")) for made in backup.find_all(tmp_path / "backups")] == [3, 4]


def test_what_a_killed_backup_left_is_no_backup_and_goes(command: Command, tmp_path: Path) -> None:
    assert command("backup", tmp_path / "backups").exit_code == 0
    (made,) = backup.find_all(tmp_path / "backups")
    left = shutil.copytree(made, made.with_name(f"{backup.UNFINISHED}{made.name}"))
    assert backup.find_all(tmp_path / "backups") == [made]
    assert command("backup", tmp_path / "backups").exit_code == 0
    assert not left.exists()


def test_two_backups_into_one_folder_do_not_meet(command: Command, tmp_path: Path) -> None:
    with backup._alone(tmp_path / "backups"):
        result = command("backup", tmp_path / "backups")
    assert (result.exit_code, "is running" in result.output) == (1, True)


def test_a_damaged_database_gives_no_backup_and_leaves_the_older_ones(
    command: Command, tmp_path: Path, database: Path
) -> None:
    assert command("backup", tmp_path / "backups", "--keep", 1).exit_code == 0
    older = backup.find_all(tmp_path / "backups")
    damage(database)
    result = command("backup", tmp_path / "backups", "--keep", 1)
    assert result.exit_code == 1, result.output
    assert backup.find_all(tmp_path / "backups") == older
    assert list((tmp_path / "backups").iterdir()) == older


def damage(database: Path) -> None:
    """Overwrite the rows of every page but the first, and leave the size as it was."""
    content = bytearray(database.read_bytes())
    content[4096 * 2 :] = b"\x5a" * (len(content) - 4096 * 2)
    database.write_bytes(content)


def test_a_missing_database_is_not_created_by_a_backup(tmp_path: Path) -> None:
    with pytest.raises(backup.BackupError, match="no database"):
        backup.create(tmp_path / "none.db", tmp_path / "backups")
    assert list(tmp_path.iterdir()) == []


def test_a_backup_is_restored_into_an_empty_place(command: Command, tmp_path: Path, database: Path) -> None:
    add(database, "a@example.org")
    command("backup", tmp_path / "backups")
    place = tmp_path / "elsewhere/new.db"
    place.parent.mkdir()
    assert backup.restore(backup.find_all(tmp_path / "backups")[0], place) is None
    assert emails(place) == ["a@example.org"]
    assert [path.name for path in place.parent.iterdir()] == ["new.db"]
    assert place.stat().st_mode & 0o077 == 0


def test_an_old_database_is_kept_aside_whole(app: Flask, command: Command, tmp_path: Path, database: Path) -> None:
    add(database, "a@example.org")
    command("backup", tmp_path / "backups")
    add(database, "b@example.org")
    result = command("restore", backup.find_all(tmp_path / "backups")[0])
    assert result.exit_code == 0, result.output
    (kept,) = database.parent.glob("notes.db.before-*")
    assert str(kept) in result.output
    assert (emails(database), emails(kept)) == (["a@example.org"], ["a@example.org", "b@example.org"])


def test_a_damaged_old_database_is_replaced_all_the_same(command: Command, tmp_path: Path, database: Path) -> None:
    add(database, "a@example.org")
    command("backup", tmp_path / "backups")
    database.write_bytes(b"no database" * 1000)
    damaged = database.read_bytes()
    assert command("restore", backup.find_all(tmp_path / "backups")[0]).exit_code == 0
    assert emails(database) == ["a@example.org"]
    assert next(database.parent.glob("notes.db.before-*")).read_bytes() == damaged


def test_nothing_is_restored_under_a_server(command: Command, tmp_path: Path, database: Path) -> None:
    command("backup", tmp_path / "backups")
    add(database, "a@example.org")
    with closing(sqlite3.connect(database)) as server:
        server.execute("PRAGMA journal_mode = WAL")
        server.execute("SELECT * FROM account").fetchall()
        result = command("restore", backup.find_all(tmp_path / "backups")[0])
    assert (result.exit_code, "stop the server first" in result.output) == (1, True)
    assert emails(database) == ["a@example.org"]
    assert not list(database.parent.glob("notes.db.*"))


@pytest.mark.parametrize("harm", ["other bytes", "no manifest", "another format", "other rows"])
def test_a_backup_that_was_changed_is_refused(command: Command, tmp_path: Path, database: Path, harm: str) -> None:
    command("backup", tmp_path / "backups")
    (made,) = backup.find_all(tmp_path / "backups")
    manifest = json.loads((made / "manifest.json").read_text())
    if harm == "other bytes":
        add(made / "notes.db", "mallory@example.org")
    elif harm == "no manifest":
        (made / "manifest.json").write_text("{}")
    elif harm == "another format":
        (made / "manifest.json").write_text(json.dumps(manifest | {"format": 2}))
    else:
        (made / "manifest.json").write_text(json.dumps(manifest | {"rows": manifest["rows"] | {"note": 7}}))
    before = database.read_bytes()
    result = command("restore", made)
    assert (result.exit_code, result.output.startswith("Error: ")) == (1, True), result.output
    assert database.read_bytes() == before


def test_a_backup_of_a_newer_version_is_refused(command: Command, tmp_path: Path, database: Path) -> None:
    with closing(sqlite3.connect(database)) as opened, opened:
        opened.execute("UPDATE alembic_version SET version_num = '9999'")
    command("backup", tmp_path / "backups")
    result = command("restore", backup.find_all(tmp_path / "backups")[0])
    assert (result.exit_code, "this version does not know" in result.output) == (1, True)


def test_a_backup_of_an_older_version_asks_for_the_upgrade(command: Command, tmp_path: Path, database: Path) -> None:
    with closing(sqlite3.connect(database)) as opened, opened:
        opened.execute("UPDATE alembic_version SET version_num = '0014'")
    command("backup", tmp_path / "backups")
    result = command("restore", backup.find_all(tmp_path / "backups")[0])
    assert (result.exit_code, "run `flask db upgrade`" in result.output) == (0, True)


@pytest.mark.server
def test_everything_acknowledged_before_a_backup_under_load_is_in_what_is_restored(
    app: Flask, command: Command, tmp_path: Path, database_url: str
) -> None:
    owner = create_accounts(app)["alice"].id
    headers: dict[str, Any] = {"Authorization": f"Bearer {create_token(app, owner)}"}
    with gunicorn(tmp_path, database_url, WEB_CONCURRENCY="2") as server, ThreadPoolExecutor(3) as threads:
        writers = Writers(server, headers)
        working = [threads.submit(writers.write, number) for number in range(3)]
        writers.wait_for(30)
        acknowledged = set(writers.acknowledged.items())
        result = command("backup", tmp_path / "backups")
        writers.wait_for(30)
        writers.stop()
        [work.result() for work in working]
    assert result.exit_code == 0, result.output
    assert writers.statuses == {201}

    place = tmp_path / "restored.db"
    backup.restore(backup.find_all(tmp_path / "backups")[0], place)
    migrate(f"sqlite:///{place}")
    with gunicorn(tmp_path, f"sqlite:///{place}") as server:
        restored = set(Writers(server, headers).stored())
        found = server.ask("GET", "/api/v1/notes?q=0-1", **headers)
    assert acknowledged <= restored <= set(writers.acknowledged.items())
    assert "0-1" in [item["title"] for item in found.json()["items"]]


def test_on_mysql_the_command_says_where_it_is_explained(tmp_path: Path) -> None:
    app = create_app(settings("mysql+pymysql://app:password@127.0.0.1:1/notes"))
    result = app.test_cli_runner().invoke(args=["database", "backup", str(tmp_path / "backups")])
    assert (result.exit_code, "docs/backup.md" in result.output) == (1, True)

"""Deleting an account leaves no word of it on the disk: not in a table, an index, a freed page or a log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from on_databases import on_servers, on_sqlite
from sqlalchemy import text

from app import db
from app.accounts import deletion
from app.db.metadata import sqlalchemy
from app.jobs import queue, worker
from app.notes import forgetting
from app.notes import service as notes
from app.notes.drafts import Draft
from devtools.databases import as_root, run_sql
from devtools.people import Cast

Later = Callable[..., None]
CANARY = "quokkacanary"
FILES = ("notes.db", "notes.db-wal", "notes.db-shm", "notes.db-journal")


def find(folder: Path, word: str) -> dict[str, int]:
    """Return how often a word stands in the bytes of the database's files, those left out where it does not."""
    paths = [folder / name for name in FILES if (folder / name).exists()]
    assert paths, "there is no database to look into"
    counted = {path.name: path.read_bytes().count(word.encode()) for path in paths}
    return {name: number for name, number in counted.items() if number}


def write(owner: int, number: int = 40) -> list[int]:
    """Let somebody have notes whose title, text, tags, links, items and earlier versions hold the canary."""
    body = f"{CANARY}\n- [ ] {CANARY}\n[[{CANARY} link]] " + f"{CANARY}s " * 300
    ids = []
    for key in range(number):
        note = notes.create(owner, Draft(f"{CANARY} {key}", body, (CANARY,), "open"), f"{key}")
        ids.append(notes.save(owner, note.id, note.version, Draft(f"{CANARY} again", body)).id)
    return ids


@on_sqlite
def test_no_byte_of_the_files_holds_a_word_of_a_deleted_account(
    app: Flask, cast: Cast, later: Later, sqlite_file: Path
) -> None:
    with app.app_context():
        write(cast["alice"].id)
        kept = notes.create(cast["bob"].id, Draft("Kept wombat"), "key")
        deletion.ask(cast["alice"])
    assert find(sqlite_file.parent, CANARY)
    later(days=7)
    with app.app_context():
        worker.run_all()
    assert find(sqlite_file.parent, CANARY) == {}
    with app.app_context():
        assert notes.get(cast["bob"].id, kept.id).draft.title == "Kept wombat"
        found = db.read(
            text("SELECT rowid FROM note_search WHERE words MATCH :words"), words=f'"{cast["bob"].id}_wwombat"'
        )
        assert found.scalars().all() == [kept.id]


@on_sqlite
def test_a_day_after_the_trash_was_emptied_no_byte_holds_its_words(
    app: Flask, owner: int, later: Later, sqlite_file: Path
) -> None:
    for note_id in write(owner, 10):
        notes.move(owner, note_id, "trash")
    notes.empty_trash(owner)
    db.connection().execute(text("DELETE FROM job WHERE kind = 'follow links'"))
    assert find(sqlite_file.parent, CANARY)
    later(days=1)
    worker.run_all()
    db.release()
    assert find(sqlite_file.parent, CANARY) == {}


@on_sqlite
def test_words_are_forgotten_in_small_steps_between_which_others_write(
    app: Flask, owner: int, stranger: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "PAGES", 1)
    steps: list[int] = []
    merge = forgetting._merge

    def merge_and_count(pages: int) -> bool:
        steps.append(pages)
        assert not db.current_connection().in_transaction
        return merge(pages)

    monkeypatch.setattr(forgetting, "_merge", merge_and_count)
    for number in range(40):
        words = " ".join(f"w{number}x{word}" for word in range(400))
        notes.create(stranger, Draft("Many words", words), f"{number}")
        notes.create(owner, Draft(CANARY), f"{number}")
    notes.delete_everything(owner)
    forgetting.forget()
    assert len(steps) > 3


@on_sqlite
def test_a_log_that_somebody_reads_is_emptied_at_the_next_try(app: Flask, owner: int, sqlite_file: Path) -> None:
    write(owner, 3)
    with sqlalchemy.engine.connect() as reader:
        reader.exec_driver_sql("PRAGMA busy_timeout = 0")
        reader.exec_driver_sql("BEGIN")
        reader.exec_driver_sql("SELECT * FROM note").all()
        notes.delete_everything(owner)
        db.connection().exec_driver_sql("PRAGMA busy_timeout = 0")
        worker.run_all()
        [job] = [job for job in queue.list_jobs() if job.kind == forgetting.KIND]
        assert "log cannot be emptied" in str(job.error)
        reader.exec_driver_sql("ROLLBACK")
    queue.retry(job.id)
    worker.run_all()
    db.release()
    assert find(sqlite_file.parent, CANARY) == {}


@on_servers
def test_a_command_removes_the_words_of_a_deleted_account_from_the_index_of_a_server(
    app: Flask, owner: int, stranger: int, database_url: str
) -> None:
    run_sql(as_root(database_url), "SET GLOBAL innodb_ft_aux_table = 'notes/note_search'")
    write(owner, 3)
    notes.create(stranger, Draft("Kept wombat"), "key")
    notes.delete_everything(owner)
    db.release()
    assert words_of_a_server(database_url, CANARY) > 0
    assert app.test_cli_runner().invoke(args=["notes", "forget"]).exit_code == 0
    run_sql(as_root(database_url), "SET GLOBAL innodb_ft_aux_table = 'notes/note_search'")
    assert words_of_a_server(database_url, CANARY) == 0
    assert words_of_a_server(database_url, "wombat") > 0


def words_of_a_server(database_url: str, word: str) -> int:
    """Return how often a word is in what InnoDB keeps of the full-text index, on the disk and in memory."""
    kept = (
        f"SELECT COUNT(*) FROM information_schema.INNODB_FT_INDEX_{table} WHERE word LIKE '%{word}%'"
        for table in ("TABLE", "CACHE")
    )
    return sum(run_sql(as_root(database_url), statement)[0][0] for statement in kept)

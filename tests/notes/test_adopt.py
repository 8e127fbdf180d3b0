"""Adopting the original application's database: every row arrives, once, and nothing is written there."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from on_databases import SERVERS
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from transferring import notes, run, stored

from app import db
from app.notes import adoption, service
from app.notes.drafts import Draft
from devtools.databases import as_root

# As the original creates it: Flask-SQLAlchemy's String and Boolean.
TABLE = (
    "CREATE TABLE entry (id INTEGER NOT NULL PRIMARY KEY, title VARCHAR(100), description VARCHAR(100), status BOOLEAN)"
)
ROWS = [
    (1, "Milk", "two litres\r\n", 0),
    (2, "Done thing", "x", 1),
    (5, "", "only text", None),
    (6, None, None, 1),
    (7, "  ", "", 0),
    (8, "long " * 100, "text", 0),
    (9, "big", "é" * 300_000, 0),
    (10, "odd", "a\0b", "true"),
    (11, "Milk", "two litres\r\n", 0),
    (12, b"caf\xe9", b"raw", b"\1"),
]


def old_file(path: Path, rows: list[tuple[Any, ...]], table: str = TABLE) -> str:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(table)
        connection.executemany(f"INSERT INTO entry VALUES ({','.join('?' * len(rows[0]))})", rows)
    connection.close()
    return f"sqlite:///{path}"


def test_every_row_arrives(app: Flask, owner: int, tmp_path: Path) -> None:
    result = run(app, "adopt", old_file(tmp_path / "old.db", ROWS))
    assert (result.exit_code, result.stdout) == (0, "12 notes adopted, 0 here already, 0 refused.\n")
    arrived = [service.get(owner, row[1]).draft for row in stored()["note"]]
    assert arrived[:4] == [
        Draft("Milk", "two litres\n", (), "open"),
        Draft("Done thing", "x", (), "done"),
        Draft("", "only text", (), "open"),
        Draft("Entry 6", "", (), "done"),
    ]
    assert [draft.body for draft in arrived if draft.title.startswith("long")] == [f"{('long ' * 100).strip()}\n\ntext"]
    assert "".join(draft.body for draft in arrived if draft.title == "big") == "é" * 300_000
    assert Draft("odd", "a\N{SYMBOL FOR NULL}b", (), "done") in arrived
    assert Draft("café", "raw", (), "done") in arrived


def test_adopting_twice_adds_nothing_even_after_edits(app: Flask, owner: int, tmp_path: Path) -> None:
    old = old_file(tmp_path / "old.db", ROWS)
    run(app, "adopt", old)
    edited = notes(owner)["Done thing"]
    service.save(owner, edited.id, 1, Draft("Edited here"))
    before = stored()
    assert "0 notes adopted, 12 here already" in run(app, "adopt", old).stdout
    assert stored() == before


def test_a_row_that_changed_there_is_reported(app: Flask, owner: int, tmp_path: Path) -> None:
    old = old_file(tmp_path / "old.db", ROWS[:2])
    run(app, "adopt", old)
    with closing(sqlite3.connect(tmp_path / "old.db")) as connection, connection:
        connection.execute("UPDATE entry SET status = 1 WHERE id = 1")
        connection.execute("UPDATE entry SET description = 'new text' WHERE id = 2")
    connection.close()
    result = run(app, "adopt", old)
    assert (result.exit_code, result.stdout) == (1, "1 note adopted, 0 here already, 1 refused.\n")
    assert "entry 1: Its status there changed" in result.stderr


def test_the_old_database_cannot_be_written_to(tmp_path: Path) -> None:
    old = old_file(tmp_path / "old.db", ROWS)
    with adoption.open_database(old) as opened, pytest.raises(DBAPIError, match="readonly"):
        opened.connection.execute(text("DELETE FROM entry"))


@pytest.mark.slow
def test_thousands_of_rows_arrive_in_their_order(app: Flask, owner: int, tmp_path: Path) -> None:
    rows = [(number, f"Entry number {number}", "text", number % 2) for number in range(1, 3001)]
    assert run(app, "adopt", old_file(tmp_path / "old.db", rows)).stdout.startswith("3,000 notes adopted")
    assert [service.get(owner, row[1]).draft.title for row in stored()["note"]][::1000] == [
        "Entry number 1",
        "Entry number 1001",
        "Entry number 2001",
    ]
    assert next(iter(notes(owner))) == "Entry number 3000"


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("sqlite:////nowhere/old.db", "There is no file"),
        ("old.db", "is not one such as"),
        ("postgresql://u:secret@127.0.0.1/x", "must begin with"),
        ("sqlite://", "must begin with"),
        ("mysql://u:secret@127.0.0.1:1/x", "cannot be read"),
        ("mysql://u:secret@127.0.0.1:one/x", "is not one such as"),
    ],
)
def test_what_cannot_be_opened_is_said_in_one_sentence_without_the_password(
    app: Flask, owner: int, address: str, sentence: str
) -> None:
    result = run(app, "adopt", address)
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert sentence in result.output
    assert "secret" not in result.output


@pytest.mark.parametrize(
    "table", ["CREATE TABLE entries (id, a, b, c)", "CREATE TABLE entry (id, title, text, status)"]
)
def test_a_database_without_the_table_is_said_in_one_sentence(
    app: Flask, owner: int, tmp_path: Path, table: str
) -> None:
    sqlite3.connect(tmp_path / "old.db").execute(table).connection.close()
    result = run(app, "adopt", f"sqlite:///{tmp_path / 'old.db'}")
    assert result.output == "Error: That database has no table entry with id, title, description and status.\n"


def test_a_file_that_is_no_database_is_said_in_one_sentence(app: Flask, owner: int, tmp_path: Path) -> None:
    (tmp_path / "old.db").write_bytes(b"text " * 1000)
    result = run(app, "adopt", f"sqlite:///{tmp_path / 'old.db'}")
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert "file is not a database" in result.output


@pytest.fixture(params=SERVERS)
def old_server(request: pytest.FixtureRequest, server_url: Callable[[str], str]) -> str:
    """The address of the server on which the original application's database is."""
    return server_url(request.param)


def test_a_mysql_database_is_adopted(app: Flask, owner: int, old_server: str) -> None:
    address = as_root(old_server)
    engine = create_engine(address.rsplit("/", 1)[0])
    with engine.begin() as connection:
        connection.execute(text("CREATE DATABASE IF NOT EXISTS old CHARACTER SET utf8mb4"))
        connection.execute(text("DROP TABLE IF EXISTS old.entry"))
        columns = "id INT PRIMARY KEY AUTO_INCREMENT, title VARCHAR(250), description TEXT, status BOOL"
        connection.execute(text(f"CREATE TABLE old.entry ({columns})"))
        insert = text("INSERT INTO old.entry (title, description, status) VALUES (:title, '🙂', :status)")
        connection.execute(insert, [{"title": f"é {number}", "status": number % 2} for number in range(450)])
    engine.dispose()
    old = address.replace("/notes", "/old").replace("mysql+pymysql", "mysql")
    with adoption.open_database(old) as opened, pytest.raises(DBAPIError, match="READ ONLY"):
        opened.connection.execute(text("DELETE FROM entry"))
    assert "450 notes adopted" in run(app, "adopt", old).stdout
    assert "0 notes adopted, 450 here already" in run(app, "adopt", old).stdout
    assert notes(owner)["é 449"].draft == Draft("é 449", "🙂", (), "done")


def test_a_wrong_password_is_not_repeated(app: Flask, owner: int, old_server: str) -> None:
    old = old_server.replace("app:app@", "somebody:secret@")
    result = run(app, "adopt", old)
    assert (result.exit_code, result.output.count("\n"), "secret" in result.output) == (1, 1, False)
    assert "Access denied" in result.output


def test_the_words_of_an_adopted_note_are_found(app: Flask, owner: int, tmp_path: Path) -> None:
    run(app, "adopt", old_file(tmp_path / "old.db", ROWS[:1]))
    assert len(stored()["words"]) == len(db.read(text("SELECT id FROM note")).all()) == 1

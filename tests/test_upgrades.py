"""A database of any earlier release's schema, filled by its app, comes to the newest one with everything in it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import upgrade
from on_databases import EVERY_DATABASE
from sqlalchemy import Connection, MetaData, Table, insert, select, text

from app import create_app, db
from app.db.metadata import sqlalchemy
from app.notes import indexing
from devtools.api_client import ApiClient
from devtools.databases import MIGRATIONS, as_root, run_sql, settings

FIRST = "0010"  # the schema of the first release
REVISIONS = sorted(file.stem[:4] for file in (MIGRATIONS / "versions").glob("*.py"))
EARLIER = [revision for revision in REVISIONS[:-1] if revision >= FIRST]

TOKEN = "notes_from-an-earlier-release"
DIGEST = hashlib.sha256(TOKEN.encode()).digest()
NOW, NEVER = 1_760_000_000_000_000, 4_000_000_000_000_000  # microseconds since 1970
CONTENT = {"status": "open", "due_on": date(2026, 2, 28), "title": "Milk and bread", "tags": "home", "body": "Grüße 🙂"}
# As the first release wrote them. A row says nothing of columns that were added later: their defaults must do.
ROWS: dict[str, dict[str, Any]] = {
    "account": {"id": 1, "email": "alice@example.org", "password_hash": "!", "created_at": NOW},
    "account_session": {
        "account_id": 1,
        "digest": DIGEST,
        "created_at": NOW,
        "seen_at": NOW,
        "expires_at": NEVER,
        "user_agent": "Firefox",
    },
    "api_token": {
        "account_id": 1,
        "id": 1,
        "digest": DIGEST,
        "name": "a program",
        "scope": "write",
        "created_at": NOW,
        "expires_at": None,
        "used_at": None,
    },
    "failed_attempt": {"subject": DIGEST, "time_window": 1, "attempts": 3},
    "note": CONTENT
    | {
        "owner_id": 1,
        "id": 7,
        "version": 2,
        "place": "notes",
        "pinned": 0,
        "created_at": NOW,
        "changed_at": NOW,
        "list_order": NOW,
        "task_order": 20512,
        "excerpt": "Grüße 🙂",
    },
    "note_tag": {"owner_id": 1, "place": "notes", "tag": "home", "list_order": NOW, "note_id": 7},
    "note_revision": CONTENT | {"owner_id": 1, "note_id": 7, "version": 1, "replaced_at": NOW, "title": "Milk"},
    "note_creation": {"owner_id": 1, "key": "a key", "note_id": 7, "digest": DIGEST},
    "entry": {"username": "alice", "timestamp": f"2026-01-01T00:00:00.000000Z-{'0' * 16}", "number": "00000042"},
}
# What the release of a schema indexed of that note, by the first schema from which on it did.
WORDS = {
    "0010": "1_wmilk 1_wand 1_wbread 1_wmilk 1_wand 1_wbread 1_wgru_67e 1_thome 1_sall 1_stask 1_sopen",
    "0013": "1_wmilk 1_wand 1_wbread 1_b 1_wgrusse 1_w_2r7m 1_b 1_whome 1_b 1_wmilk 1_b 1_wand 1_b 1_wbread 1_b 1_thome"
    " 1_sall 1_stask 1_sopen",
}


@pytest.fixture(params=EVERY_DATABASE)
def old(request: pytest.FixtureRequest, tmp_path: Path, server_url: Callable[[str], str]) -> Iterator[Flask]:
    """An application on an empty database without any table."""
    address = f"sqlite:///{tmp_path}/old.db"
    if request.param != "sqlite":
        server = as_root(server_url(request.param)).removesuffix("/notes")
        run_sql(server, "DROP DATABASE IF EXISTS upgraded", "CREATE DATABASE upgraded CHARACTER SET utf8mb4")
        address = f"{server}/upgraded"
    app = create_app(settings(address))
    with app.app_context():
        yield app
        db.release()  # requests inside this context have left their connection to it
        sqlalchemy.engine.dispose()


def table(connection: Connection, name: str) -> Table:
    return Table(name, MetaData(), autoload_with=connection)


def fill(connection: Connection, revision: str) -> None:
    for name, row in ROWS.items():
        connection.execute(insert(table(connection, name)), row)
    words = next(words for since, words in reversed(WORDS.items()) if since <= revision)
    columns = (
        "(rowid, words) VALUES (7" if connection.dialect.name == "sqlite" else "(owner_id, note_id, words) VALUES (1, 7"
    )
    connection.execute(text(f"INSERT INTO note_search {columns}, :words)"), {"words": words})


def read(connection: Connection) -> dict[str, dict[str, Any]]:
    """Return what stands in the columns of ROWS."""
    rows = {}
    for name, row in ROWS.items():
        stored = table(connection, name)
        [found] = connection.execute(select(*(stored.c[column] for column in row))).mappings()
        rows[name] = dict(found)
    return rows


@pytest.mark.slow
@pytest.mark.parametrize("revision", EARLIER)
def test_an_upgrade_loses_nothing(old: Flask, revision: str) -> None:
    upgrade(str(MIGRATIONS), revision)
    with sqlalchemy.engine.connect() as connection:
        fill(connection, revision)
    upgrade(str(MIGRATIONS))
    with sqlalchemy.engine.connect() as connection:
        assert read(connection) == ROWS
    program = ApiClient(old.test_client(), TOKEN)
    for query in ("q=bread", "q=Grüße", "tag=home", "status=open"):
        assert program.titles(f"/notes?{query}") == ["Milk and bread"], query
    assert program("GET", "/notes/7/revisions/1").get_json()["title"] == "Milk"
    assert program.create_note("Written afterwards")["version"] == 1
    assert program("GET", "/entries/latest").get_json()["number"] == "00000042"


def test_items_and_links_of_texts_from_before_are_known_after_a_reindex(old: Flask) -> None:
    upgrade(str(MIGRATIONS), "0015")
    with sqlalchemy.engine.begin() as connection:
        for name in ("account", "note"):
            connection.execute(insert(table(connection, name)), ROWS[name])
        other = ROWS["note"] | {"id": 8, "body": "- [x] milk\n- [ ] bread for [[Tim]]", "list_order": NOW + 1}
        connection.execute(insert(table(connection, "note")), other)
    upgrade(str(MIGRATIONS))
    assert sum(indexing.rebuild()) == 2
    with sqlalchemy.engine.connect() as connection:
        assert connection.execute(select(table(connection, "note_checklist"))).all() == [(1, 8, 1, 2)]
        assert connection.execute(select(table(connection, "note_link"))).all() == [(1, 8, "Tim")]

"""One note is locked by somebody: its writers wait, everybody else reads and writes on, and the probes say so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pymysql
import pytest
from flask import Flask
from on_databases import on_servers
from sqlalchemy.engine import make_url

from app.db.write_slots import WriteSlots
from devtools import app_server
from devtools.app_server import AppServer
from devtools.databases import run_sql
from devtools.people import Cast, create_token
from devtools.processes import wait_until

WRITERS = 24
STRANGERS = [
    ("GET", "/api/v1/notes", None),
    ("POST", "/api/v1/notes", {"title": "cool"}),
    ("GET", "/health", None),
    ("GET", "/readyz", None),
]


@pytest.fixture
def served(tmp_path: Path, database_url: str) -> Iterator[AppServer]:
    with app_server.gunicorn(tmp_path, database_url) as running:
        yield running


@contextmanager
def holding(database_url: str, *statements: str) -> Iterator[None]:
    """Hold the locks of the statements in a connection of their own."""
    url = make_url(database_url)
    with pymysql.connect(
        host=url.host or "", port=url.port or 0, user="root", database=url.database, ssl_disabled=True
    ) as held:
        for statement in statements:
            held.cursor().execute(statement)
        yield


def bearer(app: Flask, cast: Cast, name: str) -> dict[str, Any]:
    return {"Authorization": f"Bearer {create_token(app, cast[name].id)}"}


def counted(figures: str, series: str) -> float:
    return float(figures.partition(f"\n{series} ")[2].partition("\n")[0])


@on_servers
def test_strangers_read_and_write_on_while_writers_of_one_note_wait_and_probes_are_green(
    app: Flask, cast: Cast, served: AppServer, database_url: str
) -> None:
    alice, charlie = bearer(app, cast, "alice"), bearer(app, cast, "charlie")
    created = served.ask("POST", "/api/v1/notes", {"title": "hot"}, **alice)
    note_id, alice = created.json()["id"], alice | {"If-Match": created.headers["ETag"]}

    def write(number: int) -> int:
        return served.ask("PATCH", f"/api/v1/notes/{note_id}", {"title": f"hot {number}"}, **alice).status

    row = f"owner_id = {cast['alice'].id} AND id = {note_id}"
    with holding(database_url, "BEGIN", f"SELECT 1 FROM note WHERE {row} FOR UPDATE"):
        with ThreadPoolExecutor(WRITERS) as pool:
            writing = [pool.submit(write, number) for number in range(WRITERS)]
            strangers: list[tuple[str, str, int]] = []
            while not all(writer.done() for writer in writing):
                for method, path, body in STRANGERS:
                    strangers.append((method, path, served.ask(method, path, body, **charlie).status))
        assert {answer for answer in strangers if answer[2] not in {200, 201}} == set()
        assert {writer.result() for writer in writing} == {503}
    figures = served.ask("GET", "/metrics").body.decode()
    assert counted(figures, 'database_pool_waits_total{cause="turn"}') > 0
    assert counted(figures, 'database_pool_waiting{cause="turn"}') == 0
    assert write(0) == 200


@on_servers
def test_a_locked_table_is_seen(app: Flask, cast: Cast, served: AppServer, database_url: str) -> None:
    alice = bearer(app, cast, "alice")
    with holding(database_url, "LOCK TABLES note WRITE"), ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(served.ask, "GET", "/api/v1/notes", **alice)
        wait_until(lambda: served.ask("GET", "/readyz").json()["tables"].startswith("locked, 1 wait"), "the word", 2)
        assert "database_waiting_for_tables 1.0" in served.ask("GET", "/metrics").body.decode()
        assert waiting.result().status == 503
    assert served.ask("GET", "/readyz").json()["tables"] == "ok"


@on_servers
def test_code_that_is_newer_than_the_schema_is_not_ready_and_says_what_it_wants(
    served: AppServer, database_url: str
) -> None:
    [(current,)] = run_sql(database_url, "SELECT version_num FROM alembic_version")
    assert served.ask("GET", "/readyz").json()["schema"] == "ok"
    run_sql(database_url, "UPDATE alembic_version SET version_num = '0001'")
    try:
        answer = served.ask("GET", "/readyz")
        assert answer.status == served.ask("GET", "/health").status == 503
        assert json.loads(answer.body)["schema"] == f"is 0001, this version wants {current}: flask db upgrade"
        run_sql(database_url, "UPDATE alembic_version SET version_num = '9999'")
        assert served.ask("GET", "/readyz").status == 200
    finally:
        run_sql(database_url, f"UPDATE alembic_version SET version_num = '{current}'")


def test_the_account_served_longest_ago_is_next() -> None:
    slots = WriteSlots(1)
    assert slots.take("hot", 0)
    order: list[str] = []

    def write(account: str) -> None:
        assert slots.take(account, 30)
        order.append(account)
        slots.give_back(account)

    with ThreadPoolExecutor() as pool:
        for number, account in enumerate(["hot", "hot", "cool"], 1):
            pool.submit(write, account)
            wait_until(lambda number=number: len(slots._waiting) == number, "the queue")  # type: ignore[misc]  # bound now
        assert not slots.take("hot", 0)  # and nobody loses the place in the queue by that
        slots.give_back("hot")
    assert order == ["cool", "hot", "hot"]
    assert slots.take("hot", 0)
    assert not slots.take("cool", 0)


def test_newcomers_do_not_come_before_an_account_that_was_served() -> None:
    slots = WriteSlots(1)
    order: list[str] = []

    def write(account: str) -> None:
        assert slots.take(account, 30)
        order.append(account)
        slots.give_back(account)

    with ThreadPoolExecutor() as pool:
        assert slots.take("alice", 0)
        first = pool.submit(slots.take, "stranger 1", 30)
        wait_until(lambda: len(slots._waiting) == 1, "the queue")
        slots.give_back("alice")
        assert first.result(30)
        for number, account in enumerate(["alice", "stranger 2", "stranger 3"], 1):
            pool.submit(write, account)
            wait_until(lambda number=number: len(slots._waiting) == number, "the queue")  # type: ignore[misc]  # bound now
        slots.give_back("stranger 1")
    assert order[0] == "alice"


def test_an_account_has_half_of_the_slots_at_most() -> None:
    slots = WriteSlots(4)
    assert [slots.take("hot", 0) for _ in range(3)] == [True, True, False]
    assert [slots.take("cool", 0) for _ in range(2)] == [True, True]
    assert not slots.take("another", 0)
    slots.give_back("hot")
    assert slots.take("another", 0)

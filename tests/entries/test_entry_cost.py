"""What a page of entries costs does not grow with the pile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from on_databases import SERVERS
from sqlalchemy import insert, text

from app import create_app, db
from app.db.metadata import sqlalchemy
from app.entries import service, sql
from app.entries.dynamo import DynamoStore, item
from app.entries.store import Entry, Store
from devtools.databases import delete_rows, settings

from .conftest import dynamo_store

pytestmark = pytest.mark.server
MANY = 3000
PAGE = 11


def entries(number: int) -> list[Entry]:
    """Two thirds of them by alice."""
    names = ("alice", "bob", "alice")
    moments = [f"2026-03-01T12:{n // 60:02}:{n % 60:02}.000000Z-{n:016x}" for n in range(number)]
    return [Entry(names[n % 3], f"{n:08}", moment) for n, moment in enumerate(moments)]


def pages(store: Store) -> dict[str, Callable[[], Any]]:
    deep = entries(MANY)[MANY // 2].timestamp
    return {
        "latest": store.latest,
        "recent": lambda: store.recent(PAGE),
        "recent, deep": lambda: store.recent(PAGE, deep),
        "of": lambda: store.of("alice", PAGE),
        "of, deep": lambda: store.of("alice", PAGE, deep),
    }


@pytest.fixture(params=SERVERS)
def on_server(request: pytest.FixtureRequest, server_url: Callable[[str], str]) -> Iterator[Store]:
    """The store on a server, filled. (SQLite does not say how many rows it reads.)"""
    address = server_url(request.param)
    delete_rows(address)
    app = create_app(settings(address, FEATURES="entries"))
    rows = [{"username": one.username, "number": one.number, "timestamp": one.timestamp} for one in entries(MANY)]
    with app.app_context():
        with db.transaction() as connection:
            connection.execute(insert(sql.table), rows)
        yield service.store.of(app)
        db.release()
        sqlalchemy.engine.dispose()


@pytest.mark.parametrize("page", ["latest", "recent", "recent, deep", "of", "of, deep"])
def test_sql_reads_no_more_rows_than_it_shows(on_server: Store, page: str) -> None:
    read = pages(on_server)[page]
    before, again = rows_read(), rows_read()
    asking = again - before  # which reads rows itself
    assert read()
    assert rows_read() - again - asking <= PAGE + 1


def rows_read() -> int:
    status = db.connection().execute(text("SHOW SESSION STATUS LIKE 'Handler_read%'"))
    return sum(int(value) for _, value in status)


def asked(store: DynamoStore) -> list[tuple[str, int]]:
    """Return the list in which every request to come is noted: what it was and how many items it read."""
    noted: list[tuple[str, int]] = []

    def note(parsed: dict[str, Any], model: Any, **_: Any) -> None:
        noted.append((model.name, parsed.get("ScannedCount", 0)))

    store.client.meta.events.register("after-call.dynamodb", note)
    return noted


@pytest.fixture
def filled(on_dynamo: Callable[..., Flask]) -> DynamoStore:
    store: DynamoStore = dynamo_store(on_dynamo())
    some = entries(MANY)[::10]
    for first in range(0, len(some), 25):
        puts: list[Any] = [{"PutRequest": {"Item": item(entry)}} for entry in some[first : first + 25]]
        store.client.batch_write_item(RequestItems={store.table: puts})
    return store


@pytest.mark.parametrize("page", ["latest", "recent", "recent, deep", "of", "of, deep"])
def test_dynamodb_is_asked_once_and_reads_no_more_than_is_shown(filled: DynamoStore, page: str) -> None:
    noted = asked(filled)
    found = pages(filled)[page]()
    number = 1 if page == "latest" else PAGE
    assert found
    assert noted == [("Query", number)]


def test_sending_an_entry_writes_three_items_and_reads_one_list(on_dynamo: Callable[..., Flask]) -> None:
    app = on_dynamo()
    client = app.test_client()
    sent = {"username": "alice", "number": "12345678"}
    client.post("/api/v1/entries", json=sent)  # begins the window of the counters
    noted = asked(dynamo_store(app))
    client.post("/api/v1/entries", json=sent, headers={"Idempotency-Key": "k"})
    assert [name for name, _ in noted] == ["Query", "UpdateItem", "UpdateItem", "PutItem"]

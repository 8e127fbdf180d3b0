"""Applications that serve entries, on each of the stores."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from on_databases import EVERY_DATABASE

from app import create_app
from app.db.metadata import sqlalchemy
from app.entries import service
from app.entries.dynamo import DynamoStore
from app.entries.store import Store
from devtools import dynamodb
from devtools.databases import delete_rows, settings

MakeApp = Callable[..., Flask]


def dynamo_store(app: Flask) -> DynamoStore:
    """Return the store of an app whose entries lie in DynamoDB."""
    store = service.store.of(app)
    assert isinstance(store, DynamoStore)
    return store


@pytest.fixture(scope="session")
def dynamo() -> Iterator[str]:
    """The address of an emulated DynamoDB, one for each process of pytest."""
    with dynamodb.server() as (address, _process):
        yield address


@pytest.fixture
def on_dynamo(dynamo: str, monkeypatch: pytest.MonkeyPatch) -> MakeApp:
    """Make applications that serve entries only, on one table of this test."""
    for name, value in (dynamodb.CREDENTIALS | {"AWS_ENDPOINT_URL": dynamo}).items():
        monkeypatch.setenv(name, value)
    table = f"entries-{uuid.uuid4().hex}"

    def make(**environ: str) -> Flask:
        given = {"FEATURES": "entries", "ENTRIES_STORE": "dynamodb", "DYNAMO_TABLE": table} | environ
        app = create_app(settings("sqlite:////proc/none.db", **given))
        dynamo_store(app).create_table()
        return app

    return make


STORES = [*EVERY_DATABASE, pytest.param("dynamodb", marks=pytest.mark.server)]


@pytest.fixture(params=STORES)
def make_entries(request: pytest.FixtureRequest) -> Iterator[MakeApp]:
    """Make applications on this test's store; every test that asks for it runs on each."""
    if request.param == "dynamodb":
        yield request.getfixturevalue("on_dynamo")
        return
    made: list[Flask] = []
    if request.param == "sqlite":
        address = f"sqlite:///{request.getfixturevalue('sqlite_file')}"
    else:
        address = request.getfixturevalue("server_url")(request.param)
        delete_rows(address)

    def make(**environ: str) -> Flask:
        made.append(create_app(settings(address, **{"FEATURES": "entries", **environ})))
        return made[-1]

    yield make
    for app in made:
        with app.app_context():
            sqlalchemy.engine.dispose()


@pytest.fixture
def entries_app(make_entries: MakeApp) -> Flask:
    return make_entries()


@pytest.fixture
def visitor(entries_app: Flask) -> FlaskClient:
    """A browser on an application that serves entries only."""
    return entries_app.test_client()


@pytest.fixture
def store(entries_app: Flask) -> Iterator[Store]:
    with entries_app.app_context():
        yield service.store.of(entries_app)

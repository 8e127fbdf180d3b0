"""A DynamoDB that is gone, hangs or throttles: an honest answer soon, and nobody's text is lost."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.entries.dynamo import DynamoStore
from app.entries.store import Entry
from app.errors import Unavailable
from devtools import dynamodb
from devtools.databases import settings
from devtools.forms import csrf_token

from .conftest import dynamo_store

pytestmark = pytest.mark.server
TYPED = {"username": "alice", "number": "00123456"}


@pytest.fixture
def disturbed(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[FlaskClient, Any]]:
    """A browser on an application whose emulator, also given, may be stopped."""
    with dynamodb.server() as (address, process):
        for name, value in (dynamodb.CREDENTIALS | {"AWS_ENDPOINT_URL": address}).items():
            monkeypatch.setenv(name, value)
        app = create_app(settings("sqlite:////proc/none.db", FEATURES="entries", ENTRIES_STORE="dynamodb"))
        dynamo_store(app).create_table()
        yield app.test_client(), process


def check_outage(client: FlaskClient, token: str) -> None:
    answer = client.post("/", data=TYPED | {"csrf_token": token})
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    shown = BeautifulSoup(answer.data, "html.parser")
    assert [field["value"] for field in shown.select("#username, #number")] == list(TYPED.values())
    assert not shown.select(".number")
    assert "amazon" not in answer.text.lower()
    assert client.get("/").status_code == client.get("/api/v1/entries/latest").status_code == 503
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json) == (503, {"entries": "unavailable"})
    assert client.get("/livez").status_code == 200


def test_when_dynamodb_is_gone_the_page_keeps_the_text(disturbed: tuple[FlaskClient, Any]) -> None:
    client, process = disturbed
    token = csrf_token(client, "/")
    process.kill()
    process.wait(10)
    check_outage(client, token)


def test_when_dynamodb_hangs_the_page_keeps_the_text_and_works_again_afterwards(
    disturbed: tuple[FlaskClient, Any],
) -> None:
    client, process = disturbed
    token = csrf_token(client, "/")
    process.send_signal(signal.SIGSTOP)
    check_outage(client, token)
    process.send_signal(signal.SIGCONT)
    assert client.post("/", data=TYPED | {"csrf_token": token}).status_code == 303


def test_something_that_takes_connections_and_never_answers_is_given_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with dynamodb.silence() as address:
        for name, value in (dynamodb.CREDENTIALS | {"AWS_ENDPOINT_URL": address}).items():
            monkeypatch.setenv(name, value)
        with pytest.raises(Unavailable):
            DynamoStore("EightDigit", "eu-central-1").latest()


def answering(store: DynamoStore, monkeypatch: pytest.MonkeyPatch, code: str, status: int) -> list[str]:
    """Let every request be answered with an error before it is sent; return the list of what was asked."""
    from botocore.awsrequest import AWSResponse
    from botocore.compat import HTTPHeaders

    asked: list[str] = []

    def answer(request: Any, **_: Any) -> AWSResponse:
        asked.append(request.headers["X-Amz-Target"].decode())
        body = f'{{"__type": "com.amazonaws.dynamodb.v20120810#{code}", "message": "no"}}'.encode()
        raw = type("Raw", (), {"stream": lambda _self: iter([body])})()
        return AWSResponse(request.url, status, HTTPHeaders(), raw)

    store.client.meta.events.register("before-send.dynamodb.*", answer)  # type: ignore[arg-type]  # what it returns is the answer
    return asked


def test_throttling_is_tried_three_times_and_then_said(
    on_dynamo: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = dynamo_store(on_dynamo())
    asked = answering(store, monkeypatch, "ProvisionedThroughputExceededException", 400)
    with pytest.raises(Unavailable):
        store.latest()
    assert len(asked) == 3


def test_an_entry_whose_confirmation_got_lost_is_not_doubled(
    on_dynamo: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import ReadTimeoutError

    store = dynamo_store(on_dynamo())
    lost: list[bool] = []

    def lose_first_answer(**_: Any) -> None:
        if not lost:
            lost.append(True)
            raise ReadTimeoutError(endpoint_url="made up")

    store.client.meta.events.register("response-received.dynamodb.PutItem", lose_first_answer)
    entry = Entry("alice", "00000001", f"2026-03-01T12:00:00.000000Z-{'0' * 16}")
    with pytest.raises(Unavailable):
        store.add(entry)
    assert store.add(entry)
    assert store.of("alice", 10) == [entry]


def test_a_missing_table_is_an_outage_and_no_empty_page(dynamo: str, on_dynamo: Callable[..., Flask]) -> None:
    store = dynamo_store(on_dynamo())
    store.client.delete_table(TableName=store.table)
    with pytest.raises(Unavailable):
        store.latest()

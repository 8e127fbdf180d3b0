"""Many programs at once, against a real gunicorn: no save is lost, and no intent makes two notes.

SAVES and INTENTS are 10,000 and 1,000 in the long run (`make fuzz`).
"""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask

from devtools import app_server
from devtools.people import Cast, create_token

pytestmark = pytest.mark.server

SAVES = int(os.environ.get("SAVES", "400"))
INTENTS = int(os.environ.get("INTENTS", "60"))
WRITERS = 8


class Caller:
    """A program with a connection of its own, which it keeps."""

    def __init__(self, served: app_server.AppServer, bearer: str) -> None:
        self.connection = HTTPConnection(served.address.removeprefix("http://"), timeout=30)
        self.headers = {"Authorization": bearer, "Content-Type": "application/json"}

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        data = None if body is None else orjson.dumps(body)
        for _ in range(5):
            try:
                self.connection.request(method, f"/api/v1{path}", data, self.headers | more)
                answered = self.connection.getresponse()
                return answered.status, orjson.loads(answered.read() or b"null")
            except ConnectionError:  # a kept connection may end between two requests
                self.connection.close()
        raise AssertionError("no answer in five attempts")


@pytest.fixture
def served(tmp_path: Path, database_url: str) -> Any:
    with app_server.gunicorn(tmp_path, database_url) as running:
        yield running


@pytest.fixture
def bearer(app: Flask, cast: Cast) -> str:
    return f"Bearer {create_token(app, cast['alice'].id)}"


def test_no_acknowledged_save_is_lost(served: app_server.AppServer, bearer: str) -> None:
    call = Caller(served, bearer)
    _, note = call("POST", "/notes", {"title": "0"})
    path = f"/notes/{note['id']}"

    def write(writer: int) -> list[tuple[int, str]]:
        """Save until it is this writer's share; return the version and text of each save that was acknowledged."""
        call, current = Caller(served, bearer), note
        kept: list[tuple[int, str]] = []
        while len(kept) < SAVES // WRITERS:
            text = f"{writer}-{len(kept)}"
            status, answer = call("PATCH", path, {"body": text}, If_Match=f'"{current["version"]}"')
            assert status in {200, 409, 412, 503}, answer
            if status == 200:
                kept.append((answer["version"], text))
            current = answer if status == 200 else answer.get("current", current)
        call.connection.close()
        return kept

    with ThreadPoolExecutor(WRITERS) as pool:
        kept = dict(save for saves in pool.map(write, range(WRITERS)) for save in saves)
    assert sorted(kept) == list(range(2, SAVES + 2))
    assert {version: call("GET", f"{path}/revisions/{version}")[1]["body"] for version in kept} == kept
    call.connection.close()


def test_an_intent_that_is_sent_six_times_at_once_makes_one_note(served: app_server.AppServer, bearer: str) -> None:
    callers = [Caller(served, bearer) for _ in range(6)]

    def send(caller: Caller, intent: int) -> int:
        while True:
            status, answer = caller("POST", "/notes", {"title": f"{intent}"}, Idempotency_Key=f"k{intent}")
            if status == 201:
                return int(answer["id"])
            assert status == 503, answer

    made: Counter[int] = Counter()
    with ThreadPoolExecutor(6) as pool:
        for intent in range(INTENTS):
            ids = set(pool.map(send, callers, [intent] * 6))
            assert len(ids) == 1
            made.update(ids)
    assert len(made) == INTENTS
    listed, cursor = set(), ""
    while cursor is not None:
        _, page = callers[0]("GET", f"/notes?limit=100{cursor and '&cursor=' + cursor}")
        listed |= {item["id"] for item in page["items"]}
        cursor = page["next"]
    assert listed == set(made)
    for caller in callers:
        caller.connection.close()

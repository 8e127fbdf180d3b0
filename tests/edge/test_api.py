"""The API through the whole local stack: nginx with TLS, two app servers, MariaDB, as `make up` runs it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from api import walk_through
from bs4 import BeautifulSoup

from app.api.models import Problem
from devtools.local_stack import NAME, one_machine
from devtools.nginx import readable_directory
from edge.https_browser import client, submit

pytestmark = pytest.mark.server
LONG = "many words, " * 500  # what nginx compresses begins with a kilobyte


@dataclass
class Stack:
    """The stack, and a program that has a token of an account there."""

    address: str
    authority: Path
    client: httpx.Client

    def create(self, **fields: str) -> httpx.Response:
        return self.client.post("/notes", json={"title": "long", "body": LONG, **fields})


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with readable_directory() as home, one_machine(home) as nginx:
        address = f"https://{NAME}:{nginx.https_port}"
        authority = home / "certificate" / "fullchain.pem"
        with client(f"{address}/api/v1", authority) as program:
            with client(address, authority) as browser:
                program.headers["Authorization"] = f"Bearer {create_token(browser, 'dora@example.org')}"
            yield Stack(address, authority, program)


def create_token(browser: httpx.Client, email: str) -> str:
    """Create an account and a token of it, as people do."""
    password = "three words and more"
    submit(browser, "/sign-up", email=email, password=password, again=password)
    page = submit(browser, "/account/tokens", name="a test", scope="write")
    field = BeautifulSoup(page.text, "html.parser").select_one("#made")
    assert field is not None, page.text
    return str(field["value"])


def test_the_walk_through_answers_what_it_says(stack: Stack, tmp_path: Path) -> None:
    environ = {"CURL_CA_BUNDLE": str(stack.authority), "CURL_HOME": str(tmp_path)}
    # As most programs do, it takes compressed answers.
    (tmp_path / ".curlrc").write_text("compressed\n")
    with client(stack.address, stack.authority) as browser:
        token = create_token(browser, "edna@example.org")
    assert walk_through.run(tmp_path, f"{stack.address}/api/v1", token, **environ) > 10


def test_the_etag_of_a_compressed_note_can_be_sent_back(stack: Stack) -> None:
    path = stack.create().headers["Location"].removeprefix("/api/v1")
    read = stack.client.get(path)
    assert (read.headers["Content-Encoding"], read.headers["ETag"]) == ("gzip", 'W/"1"')
    assert stack.client.get(path, headers={"If-None-Match": read.headers["ETag"]}).status_code == 304
    changed = stack.client.patch(path, json={"title": "new"}, headers={"If-Match": read.headers["ETag"]})
    assert (changed.status_code, changed.headers["ETag"]) == (200, 'W/"2"')
    late = stack.client.patch(path, json={"title": "late"}, headers={"If-Match": read.headers["ETag"]})
    assert (late.status_code, late.json()["current"]["title"]) == (412, "new")
    assert stack.client.delete(path, headers={"If-Match": late.headers["ETag"]}).status_code == 204


def test_each_step_of_a_large_batch_has_its_own_result(stack: Stack) -> None:
    steps = [{"do": "create", "note": {"title": f"{number}", "body": LONG}} for number in range(99)]
    answer = stack.client.post("/notes/batch", json={"operations": [*steps, {"do": "delete", "id": 1, "version": 1}]})
    assert [result["status"] for result in answer.json()["results"]] == [201] * 99 + [404]


def test_the_export_arrives_whole(stack: Stack) -> None:
    note = stack.create(title="in the export").json()
    export = stack.client.get("/export")
    assert export.headers["Content-Type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in export.text.splitlines()]
    assert note in [line.get("note") for line in lines]


def test_who_follows_the_changes_ends_with_what_is_stored(stack: Stack) -> None:
    stack.create()
    copy: dict[int, int] = {}
    query = {"limit": "7"}
    while True:
        page = stack.client.get("/changes", params=query).json()
        copy |= {change["id"]: change["note"]["version"] for change in page["items"]}
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    lines = [json.loads(line) for line in stack.client.get("/export").text.splitlines()]
    assert copy == {line["note"]["id"]: line["note"]["version"] for line in lines if "note" in line}


def test_a_key_makes_one_note_whichever_app_server_is_asked(stack: Stack) -> None:
    key = {"Idempotency-Key": "through the stack"}
    ids = {stack.client.post("/notes", json={"title": "once"}, headers=key).json()["id"] for _ in range(4)}
    assert len(ids) == 1


GZIPPED = gzip.compress(b"{}", mtime=0)  # part of a test's name, the same in every process


@pytest.mark.parametrize(
    ("status", "call", "headers", "content"),
    [
        (400, "POST /notes", {"Content-Type": "application/json"}, b"{"),
        (401, "GET /notes", {"Authorization": "Bearer notes_x"}, b""),
        (404, "GET /notes/1", {}, b""),
        (404, "GET /nothing", {}, b""),
        (405, "DELETE /notes", {}, b""),
        (406, "GET /notes", {"Accept": "text/html"}, b""),
        (413, "POST /notes", {"Content-Type": "application/json"}, b" " * (3 << 20)),
        (415, "POST /notes", {"Content-Type": "application/json", "Content-Encoding": "gzip"}, GZIPPED),
        (422, "POST /notes", {"Content-Type": "application/json"}, b'{"titel": "x"}'),
        (428, "DELETE /notes/1", {}, b""),
    ],
)  # fmt: skip
def test_every_error_is_a_problem(
    stack: Stack, status: int, call: str, headers: dict[str, str], content: bytes
) -> None:
    answer = stack.client.request(*call.split(), headers=headers, content=content)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    Problem.model_validate(answer.json())
    assert answer.json()["status"] == status

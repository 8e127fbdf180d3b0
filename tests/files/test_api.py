"""Files by the API: sent by themselves or in a form, described, read in parts, listed by note, deleted when unused."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse

from devtools.people import Cast, create_token
from files.conftest import PDF, PNG, post_form

FILES = "/api/v1/files"


class Program:
    def __init__(self, app: Flask, owner: int, scope: str = "write") -> None:
        self.client: FlaskClient = app.test_client()
        self.client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {create_token(app, owner, scope)}"

    def send(self, content: bytes = PNG, name: str = "cat.png", key: str | None = None) -> TestResponse:
        headers = {"Content-Type": "application/octet-stream"} | ({"Idempotency-Key": key} if key else {})
        return self.client.post(FILES, query_string={"name": name}, data=content, headers=headers)


@pytest.fixture
def program(app: Flask, cast: Cast) -> Program:
    return Program(app, cast["alice"].id)


def json_of(response: TestResponse) -> dict[str, Any]:
    found: dict[str, Any] = response.get_json()
    return found


def test_a_file_is_sent_described_and_read(program: Program) -> None:
    sent = program.send()
    assert sent.status_code == 201
    described = json_of(sent)
    assert (described["name"], described["type"], described["bytes"]) == ("cat.png", "image/png", len(PNG))
    assert json_of(program.client.get(sent.headers["Location"])) == described
    content = program.client.get(f"{FILES}/{described['id']}/content")
    assert (content.data, content.mimetype) == (PNG, "application/octet-stream")
    assert content.headers["Content-Disposition"].startswith("attachment;")
    part = program.client.get(f"{FILES}/{described['id']}/content", headers={"Range": "bytes=-4"})
    assert (part.status_code, part.data) == (206, PNG[-4:])


def test_a_form_is_taken_too(program: Program) -> None:
    sent = post_form(program.client, FILES, {"file": FileStorage(io.BytesIO(PDF), "report.pdf")})
    assert json_of(sent)["markdown"] == f"[report.pdf (68 bytes)]({json_of(sent)['address']})"


def test_a_key_makes_sending_twice_harmless(program: Program) -> None:
    first, again = (program.send(key="a key") for _ in range(2))
    assert json_of(first) == json_of(again)
    other = program.send(PDF, key="a key")
    assert other.status_code == 422
    assert json_of(other)["errors"] == [
        {"field": "Idempotency-Key", "message": "This key was sent before, with another file."}
    ]


def test_a_note_lists_its_files_and_they_are_not_deleted_under_it(program: Program) -> None:
    sent = json_of(program.send())
    note = json_of(program.client.post("/api/v1/notes", json={"title": "T", "body": sent["markdown"]}))
    assert json_of(program.client.get(f"/api/v1/notes/{note['id']}/files"))["items"] == [sent]
    assert program.client.delete(f"{FILES}/{sent['id']}").status_code == 409
    unused = json_of(program.send(PDF, "report.pdf"))
    assert program.client.delete(f"{FILES}/{unused['id']}").status_code == 204
    assert program.client.get(f"{FILES}/{unused['id']}").status_code == 404


def test_the_export_describes_the_files_after_the_notes(app: Flask, program: Program, cast: Cast) -> None:
    program.client.post("/api/v1/notes", json={"title": "A note"})
    sent = [json_of(program.send()), json_of(program.send(PDF, "bill.pdf"))]
    Program(app, cast["bob"].id).send(b"Bob's", "b.txt")
    lines = [json.loads(line) for line in program.client.get("/api/v1/export").text.splitlines()]
    assert [next(iter(line)) for line in lines] == ["note", "file", "file"]
    assert [line["file"] for line in lines[1:]] == sent


def test_nobody_elses_file_or_note_is_there(app: Flask, program: Program, cast: Cast) -> None:
    sent = json_of(program.send())
    note = json_of(program.client.post("/api/v1/notes", json={"title": "T", "body": sent["markdown"]}))
    other = Program(app, cast["bob"].id)
    for path in (f"{FILES}/{sent['id']}", f"{FILES}/{sent['id']}/content", f"/api/v1/notes/{note['id']}/files"):
        assert other.client.get(path).status_code == 404
    assert other.client.delete(f"{FILES}/{sent['id']}").status_code == 404
    assert program.client.get(f"{FILES}/{sent['id']}").status_code == 200


def test_who_may_only_read_sends_and_deletes_nothing(app: Flask, program: Program, cast: Cast) -> None:
    reader = Program(app, cast["alice"].id, "read")
    sent = json_of(program.send())
    assert reader.send(PDF).status_code == 403
    assert reader.client.delete(f"{FILES}/{sent['id']}").status_code == 403
    assert reader.client.get(f"{FILES}/{sent['id']}/content").data == PNG


def test_what_is_no_file_is_refused(app: Flask, program: Program) -> None:
    assert program.send(b"").status_code == 422
    assert program.client.post(FILES, data={"file": "a text"}).status_code == 422
    app.config["FILE_MEGABYTES"] = 1
    assert program.send(b"x" * (1024 * 1024 + 1)).status_code == 413
    assert program.send(b"x" * (4 * 1024 * 1024)).status_code == 413
    assert program.client.post(FILES, query_string={"size": "1"}, data=PNG).status_code == 422

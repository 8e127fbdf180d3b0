"""Whatever is sent, the answer is no server error, and nothing is stored that should not be."""

from __future__ import annotations

from io import BytesIO
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from on_databases import on_sqlite
from werkzeug.test import TestResponse, encode_multipart

from app.notes import note_lists
from devtools.forms import csrf_token

HUGE = 10**30
BAD_IDS = ["0", "-1", "1e3", "٣", "²", str(2**63 - 1), str(2**63), str(HUGE), "%00", "null", "' OR 1=1 --", "../1"]


def _send(client: FlaskClient, path: str, fields: dict[str, object]) -> TestResponse:
    boundary, body = encode_multipart({"csrf_token": csrf_token(client, "/account")} | fields)
    return client.post(path, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def _stored(owner: int) -> int:
    return len(note_lists.in_place(owner, "notes", None).rows)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"title": "x"},
        {"key": "k"},
        {"title": "", "body": " \n", "key": "k"},
        {"title": "a\x00b", "key": "k"},
        {"body": "a\x00b", "key": "k"},
        {"body": "x" * 1_000_000, "key": "k"},
        {"title": "x" * 1_000_000, "key": "k"},
        {"title": "t", "tags": " ".join(f"tag{n}" for n in range(10_000)), "key": "k"},
        {"title": "t", "tags": "<script>", "key": "k"},
        {"title": "t", "status": "perhaps", "key": "k"},
        {"title": "t", "due_on": "2026-02-30", "key": "k"},
        {"title": "t", "due_on": "99999-01-01", "key": "k"},
        {"title": "t", "key": "k" * 10_000},
        {"title": "t", "key": "\x00"},
    ],
)
def test_a_note_that_breaks_a_rule_is_refused_with_a_page_and_not_stored(
    alice: FlaskClient, owner: int, fields: dict[str, object]
) -> None:
    answer = _send(alice, "/notes", fields)
    assert answer.status_code == 422
    assert not _stored(owner)


@pytest.mark.parametrize("typed", ["x" * 300_000, "a\x00b", "kept <b>text</b> &amp;"])
def test_what_was_typed_into_a_refused_form_is_still_there(alice: FlaskClient, typed: str) -> None:
    answer = _send(alice, "/notes", {"body": typed, "title": "x" * 201, "key": "k"})
    area = BeautifulSoup(answer.text, "html.parser").find("textarea", {"name": "body"})
    assert answer.status_code == 422
    assert area is not None
    assert area.get_text().lstrip("\n") == typed


@pytest.mark.parametrize("number", BAD_IDS)
@pytest.mark.parametrize("path", ["", "/edit", "/history", "/history/1"])
def test_an_id_that_cannot_be_is_not_found(alice: FlaskClient, number: str, path: str) -> None:
    assert alice.get(f"/notes/{number}{path}").status_code in {404, 400}


@pytest.mark.parametrize("number", ["1", str(2**63 - 1), str(HUGE)])
@pytest.mark.parametrize("action", ["", "/status", "/pin", "/place", "/restore"])
def test_a_command_for_a_note_that_cannot_be_changes_nothing(alice: FlaskClient, number: str, action: str) -> None:
    fields: dict[str, object] = {"version": "1", "status": "done", "pinned": "1", "place": "trash", "title": "t"}
    assert _send(alice, f"/notes/{number}{action}", fields).status_code == 404


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("/status", {}),
        ("/status", {"status": "\x00"}),
        ("/pin", {}),
        ("/pin", {"pinned": "²"}),
        ("/place", {"place": "nowhere"}),
        ("/restore", {}),
        ("/restore", {"version": "-1"}),
        ("/restore", {"version": str(HUGE)}),
        ("/restore", {"version": "٣"}),
        ("", {"title": "t"}),
        ("", {"title": "t", "version": str(HUGE)}),
        ("", {"title": "t", "version": "0"}),
    ],
)
def test_a_command_with_a_missing_or_impossible_value_is_refused(
    alice: FlaskClient, owner: int, action: str, fields: dict[str, object]
) -> None:
    made = _send(alice, "/notes", {"title": "before", "key": "k"})
    answer = _send(alice, f"{made.location}{action}", fields)
    assert answer.status_code in {404, 422}
    assert note_lists.in_place(owner, "notes", None).rows[0].title == "before"


@pytest.mark.parametrize(
    "query",
    [
        "/notes?at=older.1.x",
        f"/notes?at=older.{HUGE}.1",
        "/notes?at=%ff%fe",
        "/search?q=%00%ff%ed%a0%80",
        "/search?q=" + quote('"' * 3000 + "*" * 500),
        f"/search?q=x&page={HUGE}",
        "/search?q=x&page=-1",
        "/search?q=x&page=x",
        "/tags/" + "x" * 5000,
        "/tags/%00",
        "/tags/%ed%a0%80",
        "/notes/new?status=x&tag=" + quote("<script>alert(1)</script>"),
        "/sign-in?next=//evil.example",
    ],
)
def test_an_impossible_address_gets_an_error_page_and_no_failure(alice: FlaskClient, query: str) -> None:
    assert alice.get(query).status_code < 500


@on_sqlite  # the routes refuse it, before any statement about notes
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("path", ["/notes", "/notes/1", "/notes/1/status", "/trash/empty", "/sign-in"])
def test_a_wrong_method_is_refused(alice: FlaskClient, method: str, path: str) -> None:
    answer = alice.open(path, method=method, headers={"X-CSRFToken": csrf_token(alice, "/account")})
    assert answer.status_code == 405
    assert answer.headers["Allow"]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"\xff\xfe\x00", "application/x-www-form-urlencoded"),
        (b"{", "application/json"),
        (b"--x\r\nContent-Disposition: form-data; name=title\r\n\r\nt", "multipart/form-data; boundary=x"),
        (b"no boundary at all", "multipart/form-data"),
        (b"title=x", "text/plain"),
        (b"a=b&" * 5000, "application/x-www-form-urlencoded"),
        (b"title=t", "application/x-www-form-urlencoded; charset=utf-7"),
    ],
)
def test_a_body_that_is_no_form_stores_nothing(alice: FlaskClient, owner: int, body: bytes, content_type: str) -> None:
    answer = alice.post(
        "/notes",
        input_stream=BytesIO(body),
        content_length=len(body),
        content_type=content_type,
        headers={"X-CSRFToken": csrf_token(alice, "/account")},
    )
    assert 400 <= answer.status_code < 500
    assert not _stored(owner)


def test_more_than_the_server_reads_is_refused_by_its_size(alice: FlaskClient) -> None:
    assert _send(alice, "/notes", {"title": "t", "body": "x" * 3_000_000, "key": "k"}).status_code == 413


def test_invalid_utf8_is_stored_as_it_was_sent_and_nothing_breaks(alice: FlaskClient, owner: int) -> None:
    body = b"key=k&body=ok%ff%fe"
    answer = alice.post(
        "/notes",
        data=body,
        content_type="application/x-www-form-urlencoded",
        headers={"X-CSRFToken": csrf_token(alice, "/account")},
    )
    assert answer.status_code == 303
    assert note_lists.in_place(owner, "notes", None).rows[0].excerpt == "ok%FF%FE"


@pytest.mark.parametrize("field", ["title", "body"])
def test_markup_in_any_field_is_shown_as_text(alice: FlaskClient, field: str) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    made = _send(alice, "/notes", {"title": "t", "key": "k", field: hostile})
    for page in ("/notes", made.location, f"{made.location}/edit", f"/search?q={quote(hostile)}"):
        images = BeautifulSoup(alice.get(page).text, "html.parser").find_all("img")
        assert not any(image.has_attr("onerror") for image in images)

"""Entries as JSON."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

PATH = "/api/v1/entries"


def send(client: FlaskClient, username: Any = "alice", number: Any = "00123456", **headers: str) -> TestResponse:
    return client.post(PATH, json={"username": username, "number": number}, headers=headers)


def faults(answer: TestResponse) -> list[str]:
    assert answer.json is not None
    return [fault["field"] for fault in answer.json["errors"]]


def test_what_was_sent_comes_back_with_its_place_in_time(visitor: FlaskClient) -> None:
    sent = send(visitor)
    assert sent.status_code == 201
    assert sent.json is not None
    assert (sent.json["username"], sent.json["number"]) == ("alice", "00123456")
    assert visitor.get(f"{PATH}/latest").json == sent.json


def test_without_entries_there_is_no_latest(visitor: FlaskClient) -> None:
    answer = visitor.get(f"{PATH}/latest")
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"


def test_pages_lead_to_the_end(visitor: FlaskClient) -> None:
    for number in range(5):
        send(visitor, number=f"{number:08}")
    found, cursor = [], ""
    while cursor is not None:
        page = visitor.get(PATH, query_string={"limit": 2} | ({"cursor": cursor} if cursor else {})).json
        assert page is not None
        found += [entry["number"] for entry in page["items"]]
        cursor = page["next"]
    assert found == [f"{number:08}" for number in reversed(range(5))]


def test_one_persons_entries_can_be_asked_for(visitor: FlaskClient) -> None:
    send(visitor, "alice")
    send(visitor, "bob")
    page = visitor.get(PATH, query_string={"username": "bob"}).json
    assert page is not None
    assert [entry["username"] for entry in page["items"]] == ["bob"]


@pytest.mark.parametrize("number", [123456, 12345678, None, [], {}, "1234567", "²²²²²²²²", "12345678 "])
def test_a_number_that_breaks_the_rule_names_its_field(visitor: FlaskClient, number: Any) -> None:
    answer = send(visitor, number=number)
    assert answer.status_code == 422
    assert faults(answer) == ["number"]
    assert visitor.get(f"{PATH}/latest").status_code == 404


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 5000])
def test_what_is_no_json_is_refused(visitor: FlaskClient, body: bytes) -> None:
    assert visitor.post(PATH, data=body, content_type="application/json").status_code == 400


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"null", b"1", b"NaN"])
def test_what_is_no_object_is_refused(visitor: FlaskClient, body: bytes) -> None:
    assert visitor.post(PATH, data=body, content_type="application/json").status_code == 422


def test_unknown_fields_and_parameters_and_repeated_ones_are_refused(visitor: FlaskClient) -> None:
    unknown = visitor.post(PATH, json={"username": "alice", "number": "12345678", "note": "x"})
    assert (unknown.status_code, faults(unknown)) == (422, ["note"])
    for query, name in (("nope=1", "nope"), ("limit=1&limit=2", "limit"), ("username=a&username=b", "username")):
        refused = visitor.get(f"{PATH}?{query}")
        assert (refused.status_code, faults(refused)) == (422, [name])
    assert visitor.get(f"{PATH}/latest").status_code == 404


def test_a_name_that_nobody_can_have_is_refused(visitor: FlaskClient) -> None:
    refused = visitor.get(PATH, query_string={"username": "<>"})
    assert (refused.status_code, faults(refused)) == (422, ["username"])


@pytest.mark.parametrize("path", [PATH, f"{PATH}/latest"])
def test_only_json_is_answered(visitor: FlaskClient, path: str) -> None:
    assert visitor.get(path, headers={"Accept": "text/html"}).status_code == 406


@pytest.mark.parametrize("key", ["", "k" * 65, "a\tb", "é"])
def test_a_key_that_no_key_can_be_is_refused(visitor: FlaskClient, key: str) -> None:
    refused = send(visitor, **{"Idempotency-Key": key})
    assert (refused.status_code, faults(refused)) == (422, ["Idempotency-Key"])


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_only_json_is_taken_because_no_form_can_send_it(visitor: FlaskClient, kind: str) -> None:
    body = b'{"username": "alice", "number": "12345678"}'
    assert visitor.post(PATH, data=body, content_type=kind).status_code == 415
    assert visitor.get(f"{PATH}/latest").status_code == 404


def test_an_enormous_body_is_refused(visitor: FlaskClient) -> None:
    assert send(visitor, number="1" * 100_000).status_code == 413


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=-1", "limit=²", "limit=x", "limit=", "cursor=x"])
def test_a_bad_limit_or_cursor_is_refused(visitor: FlaskClient, query: str) -> None:
    assert visitor.get(f"{PATH}?{query}").status_code == 422


def test_the_same_idempotency_key_keeps_one_entry(visitor: FlaskClient) -> None:
    sent = [send(visitor, **{"Idempotency-Key": "k1"}).json for _ in range(3)]
    assert sent[0] == sent[1] == sent[2]
    page = visitor.get(PATH).json
    assert page is not None
    assert len(page["items"]) == 1

"""Who gets in: a token in the header and nothing else, for what its scope allows, to its owner's notes only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts import service
from app.api import openapi
from app.web import access
from app.web.access import Access
from devtools.api_client import BASE, ApiClient
from devtools.people import Cast, create_token

MISSING = 4_000_000_000_000_000
BODIES: dict[str, Any] = {
    "create_note": {"title": "x"},
    "replace_note": {"title": "x"},
    "patch_note": {"title": "x"},
    "restore_note": {"version": 1},
    "set_status": {"status": "done"},
    "rename_tag": {"name": "other"},
    "batch_notes": {"operations": [{"do": "create", "note": {"title": "x"}}]},
}
WITHOUT_VERSIONS = {"get_content"}  # its ETag is made of its bytes


def everything(app: Flask, note_id: int, **ids: str) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Yield the name of every operation that asks for a token, and how to call it about a note, and what `ids` name."""
    ids = {"note_id": str(note_id), "file_id": str(MISSING), "version": "1", "token_id": "1"} | ids
    for rule, method, _ in openapi.operations(app):
        if access.find_access(app, rule.endpoint) is Access.PUBLIC:
            continue
        path = openapi.ARGUMENT.sub(lambda found: ids.get(found["name"], "x"), rule.rule)
        name = rule.endpoint.rpartition(".")[2]
        body = {"json": BODIES[name]} if name in BODIES else {"data": b"a file"} if name == "send_file" else {}
        yield name, method, path.removeprefix(BASE), body


def new_file(api: ApiClient) -> str:
    """Return the id of a new file of Alice's."""
    return str(api("POST", "/files?name=x.txt", data=b"content").get_json()["id"])


def test_every_route_of_the_api_is_described_and_all_but_entries_ask_for_a_token(app: Flask) -> None:
    routes = {rule.endpoint for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/")}
    described = {rule.endpoint for rule, _, _ in openapi.operations(app)}
    public = {endpoint for endpoint in routes if access.find_access(app, endpoint) is Access.PUBLIC}
    assert public - described == routes - described == {"api.docs", "api.description"}
    # What entries answer is for everybody.
    assert public & described == {"entries_api.create_entry", "entries_api.latest_entry", "entries_api.list_entries"}


def test_the_owner_can_use_every_operation(app: Flask, api: ApiClient, alice: FlaskClient, cast: Cast) -> None:
    create_token(app, cast["alice"].id)
    [session] = api("GET", "/sessions").get_json()["items"]
    [other, _] = api("GET", "/tokens").get_json()["items"]
    ids = {"session_id": session["id"], "token_id": str(other["id"]), "file_id": new_file(api)}
    for name, method, path, body in everything(app, api.create_note(tags=["x"])["id"], **ids):
        api.create_note(tags=["x"])  # a tag to be renamed
        versions = {} if name in WITHOUT_VERSIONS else {"If-Match": '"1", "2", "3", "4", "5"'}
        answer = api(method, path, headers=versions, **body)
        assert answer.status_code < 300, (name, answer.text)


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer x", "Bearer notes_x", "Basic YTpi", "Bearer notes_é"])
def test_without_a_token_every_operation_is_refused(app: Flask, client: FlaskClient, authorization: str) -> None:
    for name, method, path, body in everything(app, MISSING):
        answer = client.open(BASE + path, method=method, headers={"Authorization": authorization}, **body)
        assert (name, answer.status_code) == (name, 401)
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_session_opens_nothing(app: Flask, alice: FlaskClient) -> None:
    statuses = {
        alice.open(BASE + path, method=method, **body).status_code for _, method, path, body in everything(app, 1)
    }
    assert statuses == {401}


def test_a_token_opens_no_page(app: Flask, api: ApiClient) -> None:
    page = api.client.get("/notes", headers={"Authorization": f"Bearer {api.token}"})
    assert page.status_code == 303


def test_a_token_that_may_read_changes_nothing(app: Flask, api: ApiClient, reader: ApiClient) -> None:
    note = api.create_note(tags=["x"])
    for name, method, path, body in everything(app, note["id"], file_id=new_file(api)):
        answer = reader(method, path, if_match=None if name in WITHOUT_VERSIONS else 1, **body)
        assert answer.status_code == (200 if method == "GET" else 403), name
    assert api("GET", f"/notes/{note['id']}").get_json() == note


def test_somebody_elses_note_looks_like_a_missing_one(app: Flask, api: ApiClient, of_bob: ApiClient) -> None:
    note = api.create_note(tags=["x"])
    pairs = zip(everything(app, note["id"]), everything(app, MISSING), strict=True)
    for (name, method, path, body), (_, _, other, _) in pairs:
        if path != other:
            answers = [of_bob(method, at, if_match=1, **body) for at in (path, other)]
            assert [answer.status_code for answer in answers] == [404, 404], name
            assert answers[0].text == answers[1].text
    assert api("GET", f"/notes/{note['id']}").get_json() == note


def test_lists_and_the_export_hold_nothing_of_others(app: Flask, api: ApiClient, of_bob: ApiClient) -> None:
    api.create_note("hers", tags=["hers"], status="open")
    for path in ("/notes", "/notes?q=hers", "/notes?tag=hers", "/tasks", "/tags", "/trash"):
        assert of_bob("GET", path).get_json()["items"] == [], path
    assert of_bob("GET", "/export").text == ""


def test_a_suspended_account_is_refused_everywhere(app: Flask, api: ApiClient, cast: Cast) -> None:
    with app.app_context():
        service.suspend(cast["alice"].id)
    described = {
        one["operationId"]: one for methods in openapi.document(app)["paths"].values() for one in methods.values()
    }
    for name, method, path, body in everything(app, MISSING):
        assert (name, api(method, path, **body).status_code) == (name, 403)
        assert "403" in described[name]["responses"]


def test_a_token_in_the_address_is_refused_even_with_one_in_the_header(api: ApiClient) -> None:
    for name in ("access_token", "q"):
        answer = api("GET", f"/notes?{name}={api.token}")
        assert answer.status_code == 400
        assert str(api.token) not in answer.text


def test_an_ended_token_looks_like_none(app: Flask, cast: Cast, later: Any) -> None:
    api = ApiClient(app.test_client(), create_token(app, cast["alice"].id, days=1))
    later(days=2)
    assert api("GET", "/notes").status_code == 401

"""Sessions and tokens by the API: one's own are listed and ended, and a token comes to no more than it was given."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from on_databases import on_sqlite

from app.accounts import events
from devtools.api_client import ApiClient
from devtools.forms import sign_in
from devtools.people import Cast


def items(client: ApiClient, path: str) -> list[dict[str, Any]]:
    answer = client("GET", path)
    assert answer.status_code == 200, answer.text
    return list(answer.get_json()["items"])


def test_sessions_are_listed_and_ended(app: Flask, api: ApiClient) -> None:
    alice = sign_in(app.test_client(), "alice")
    [session] = items(api, "/sessions")
    assert session["client"] == "127.0.0.1"
    assert api("DELETE", f"/sessions/{session['id']}").status_code == 204
    assert alice.get("/account").headers["Location"].startswith("/sign-in")
    assert api("GET", "/sessions").json == {"items": [], "next": None}


def test_tokens_are_listed_and_revoked_also_the_one_that_asks(api: ApiClient) -> None:
    [token] = items(api, "/tokens")
    assert (token["name"], token["scope"], token["expires_at"]) == ("a test", "write", None)
    assert str(api.token) not in str(token)
    assert api("DELETE", f"/tokens/{token['id']}").status_code == 204
    assert api("GET", "/tokens").status_code == 401


@on_sqlite
def test_those_of_somebody_else_look_like_none(alice: FlaskClient, api: ApiClient, of_bob: ApiClient) -> None:
    [session], [token] = items(api, "/sessions"), items(api, "/tokens")
    assert items(of_bob, "/sessions") == []
    for path in (f"/sessions/{session['id']}", f"/tokens/{token['id']}", "/sessions/no-digest", "/tokens/1"):
        assert of_bob("DELETE", path).status_code == 404, path
    assert alice.get("/account").status_code == 200
    assert api("GET", "/tokens").status_code == 200


@on_sqlite
def test_a_token_that_may_only_read_ends_nothing(alice: FlaskClient, reader: ApiClient) -> None:
    [session], [token] = items(reader, "/sessions"), items(reader, "/tokens")
    assert reader("DELETE", f"/sessions/{session['id']}").status_code == 403
    assert reader("DELETE", f"/tokens/{token['id']}").status_code == 403


@on_sqlite
def test_a_token_makes_no_token(api: ApiClient) -> None:
    assert api("POST", "/tokens", json={"name": "more", "scope": "write"}).status_code == 405


@on_sqlite
def test_what_was_ended_is_among_the_events_of_the_owner(
    app: Flask, alice: FlaskClient, api: ApiClient, cast: Cast
) -> None:
    [session], [token] = items(api, "/sessions"), items(api, "/tokens")
    api("DELETE", f"/sessions/{session['id']}")
    api("DELETE", f"/tokens/{token['id']}")
    with app.app_context():
        newest = [event.description for event in events.list_events(cast["alice"].id)[:2]]
    assert newest == ["Revoked an API token", "Ended sessions"]

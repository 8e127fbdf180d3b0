"""Errors in the dress of the app, also when the database is down."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.sessions import Account
from app.db.metadata import sqlalchemy
from app.errors import Unavailable
from app.notes import service
from app.notes.drafts import Draft
from app.web.error_responses import MESSAGES
from devtools.forms import csrf_token


@pytest.mark.parametrize(
    ("path", "status"), [("/nothing", 404), ("/notes/1", 404), ("/notes?at=x", 404), ("/preview", 405)]
)
def test_an_error_is_a_page_that_leads_on(alice: FlaskClient, path: str, status: int) -> None:
    answer = alice.get(path)
    page = BeautifulSoup(answer.data, "html.parser")
    assert answer.status_code == status
    assert page.select_one("main h1")
    assert page.select_one("main a[href='/']")
    assert not any(field["value"] for field in page.select(".find input"))


@pytest.mark.parametrize("path", ["/nothing", "/static/nothing", "/notes/1", "/preview", "/api/v1/docs", "/account"])
def test_whoever_is_signed_in_keeps_the_places_and_the_tags(
    app: Flask, alice: FlaskClient, cast: dict[str, Account], path: str
) -> None:
    with app.app_context():
        service.create(cast["alice"].id, Draft("Bread", tags=("kitchen",)), "key")
    page = BeautifulSoup(alice.get(path).data, "html.parser")
    assert page.select_one(".places a[href='/tasks']")
    assert page.select_one(".places .tags a[href='/tags/kitchen']")


def test_a_visitor_sees_no_places(client: FlaskClient) -> None:
    for path in ("/nothing", "/api/v1/docs"):
        assert not BeautifulSoup(client.get(path).data, "html.parser").select(".places")


@pytest.mark.parametrize(("path", "status"), [("/nothing", 404), ("/preview", 405)])
def test_an_error_page_has_a_message_of_the_app(client: FlaskClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert MESSAGES[status] in BeautifulSoup(answer.data, "html.parser").get_text()


@pytest.fixture
def broken(app: Flask, alice: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Take the database away from a signed-in browser; the fixture is the token of its forms."""

    def gone(*_args: object, **_options: object) -> None:
        raise Unavailable

    token = csrf_token(alice, "/notes")
    monkeypatch.setattr("app.db.request_connection.RequestConnection.pooled", gone)
    yield token
    with app.app_context():
        sqlalchemy.engine.dispose()


def test_while_the_database_is_down_a_page_says_so(alice: FlaskClient, broken: str) -> None:
    answer = alice.get("/notes")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "Nothing was changed" in BeautifulSoup(answer.data, "html.parser").get_text()


def test_what_could_not_be_saved_is_on_the_page(alice: FlaskClient, broken: str) -> None:
    answer = alice.post("/notes", data={"csrf_token": broken, "title": "Hut", "body": "<four> beds", "key": "k"})
    page = BeautifulSoup(answer.data, "html.parser")
    assert answer.status_code == 503
    assert [field.get_text().strip() for field in page.select("main textarea")] == ["Hut", "<four> beds"]

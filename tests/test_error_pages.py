"""Errors in the dress of the app, also when the database is down."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from app.errors import Unavailable
from app.extensions import db


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


def test_while_the_database_is_down_a_page_says_so(
    alice: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_args: object, **_options: object) -> None:
        raise Unavailable

    monkeypatch.setattr("app.database.read", gone)
    answer = alice.get("/notes")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "Nothing was changed" in BeautifulSoup(answer.data, "html.parser").get_text()
    with app.app_context():
        db.engine.dispose()

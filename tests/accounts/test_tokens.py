"""Tokens: made and shown once, kept as a digest, used in a header, ended when their owner says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app import db
from app.accounts import tokens
from app.errors import Invalid, NotFound
from devtools.forms import csrf_token, submit
from devtools.people import Cast, email

PAGE = "/account/tokens"


def made(browser: FlaskClient, **fields: str) -> str:
    page = submit(browser, PAGE, **{"name": "backup", "scope": "read", **fields})
    field = BeautifulSoup(page.data, "html.parser").find("input", {"id": "made"})
    assert field is not None, page.text
    return str(field["value"])


def opens(app: Flask, token: str) -> bool:
    return app.test_client().get("/api/v1/tags", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_a_token_made_on_the_page_is_shown_once_and_opens_the_api(app: Flask, alice: FlaskClient) -> None:
    token = made(alice)
    assert token.startswith("notes_")
    assert len(token) > 6 + 128 / 6
    assert token not in alice.get(PAGE).text
    assert opens(app, token)


def test_the_database_does_not_know_the_token(app: Flask, alice: FlaskClient) -> None:
    token = made(alice)
    with app.app_context():
        row = repr(db.read(text("SELECT * FROM api_token")).one())
    assert token not in row
    assert token.removeprefix("notes_") not in row


def test_a_revoked_token_opens_nothing(app: Flask, alice: FlaskClient) -> None:
    token = made(alice)
    form = BeautifulSoup(alice.get(PAGE).data, "html.parser").find("form", action=lambda at: at and "revoke" in at)
    assert form is not None
    assert submit(alice, str(form["action"]), at=PAGE).status_code == 303
    assert not opens(app, token)


def test_nobody_revokes_the_token_of_somebody_else(app: Flask, cast: Cast) -> None:
    with app.app_context():
        token = tokens.create(cast["alice"].id, "hers", "read")
        listed = tokens.list_tokens(cast["alice"].id)
        with pytest.raises(NotFound):
            tokens.revoke(cast["bob"].id, listed[0].id)
    assert opens(app, token)


def test_a_token_ends_after_its_days(app: Flask, alice: FlaskClient, later: Callable[..., None]) -> None:
    token = made(alice, days="2")
    later(days=1)
    assert opens(app, token)
    later(days=1)
    assert not opens(app, token)
    assert "has ended" in alice.get(PAGE).text or alice.get(PAGE).status_code == 303


def test_the_page_shows_when_a_token_was_used_last(app: Flask, alice: FlaskClient) -> None:
    token = made(alice)
    assert "never used" in alice.get(PAGE).text
    opens(app, token)
    assert "last used" in alice.get(PAGE).text


def test_what_cannot_be_a_token_is_said_at_its_field(alice: FlaskClient) -> None:
    for wrong in ({"name": " "}, {"scope": "all"}, {"days": "0"}, {"days": "x"}, {"name": "x" * 81}):
        page = alice.post(PAGE, data={"csrf_token": csrf_token(alice, PAGE), "name": "x", "scope": "read", **wrong})
        assert page.status_code == 422
        assert 'id="made"' not in page.text


def test_there_are_a_hundred_tokens_at_most(app: Flask, cast: Cast) -> None:
    with app.app_context():
        for number in range(100):
            tokens.create(cast["alice"].id, f"{number}", "read")
        with pytest.raises(Invalid):
            tokens.create(cast["alice"].id, "one more", "read")


def test_the_command_prints_a_token(app: Flask, cast: Cast) -> None:
    words = ["accounts", "token", email("alice"), "--name", "cron", "--scope", "write", "--days", "3"]
    result = app.test_cli_runner().invoke(args=words)
    assert result.exit_code == 0
    assert opens(app, result.stdout.strip())
    assert app.test_cli_runner().invoke(args=["accounts", "token", "x@example.org", "--name", "x"]).exit_code == 1

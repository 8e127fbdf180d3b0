"""Sensitive acts ask for the password again when it was last given more than ten minutes ago."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from app.accounts import tokens
from devtools.forms import sign_in, submit
from devtools.people import PASSWORD, Cast

Later = Callable[..., None]
TOKENS = "/account/tokens"
NEW = {"name": "backup", "scope": "read"}


def number_of_tokens(app: Flask, cast: Cast) -> int:
    with app.app_context():
        return len(tokens.list_tokens(cast["alice"].id))


@pytest.fixture
def long_ago(alice: FlaskClient, later: Later) -> FlaskClient:
    """A browser in which Alice gave her password longer than ten minutes ago."""
    later(minutes=10)
    return alice


def test_soon_after_the_sign_in_nothing_is_asked(app: Flask, alice: FlaskClient, cast: Cast, later: Later) -> None:
    later(minutes=9)
    assert submit(alice, TOKENS, **NEW).status_code == 200
    assert number_of_tokens(app, cast) == 1


@pytest.mark.parametrize("address", [TOKENS, f"{TOKENS}/1/revoke", "/account/sign-out-others"])
def test_a_copied_cookie_does_nothing_sensitive(app: Flask, long_ago: FlaskClient, cast: Cast, address: str) -> None:
    elsewhere = sign_in(app.test_client(), "alice")
    answer = submit(long_ago, address, at="/account", **NEW)
    assert answer.status_code == 401
    assert "Your password, please" in answer.text
    assert number_of_tokens(app, cast) == 0
    assert elsewhere.get("/account").status_code == 200


def as_filled_in(page: bytes, **typed: Any) -> dict[str, Any]:
    """Return what the page's form sends when these fields are filled in."""
    form = BeautifulSoup(page, "html.parser").select_one("main form")
    assert form is not None
    return {str(field["name"]): field.get("value", "") for field in form.select("input[name]")} | typed


def test_the_page_that_asks_sends_the_same_form_again(app: Flask, long_ago: FlaskClient, cast: Cast) -> None:
    asked = submit(long_ago, TOKENS, **NEW)
    answer = long_ago.post(TOKENS, data=as_filled_in(asked.data, proof=PASSWORD))
    assert "Your new token" in answer.text
    with app.app_context():
        assert [token.name for token in tokens.list_tokens(cast["alice"].id)] == ["backup"]
    assert submit(long_ago, TOKENS, **NEW).status_code == 200  # for another ten minutes


def test_a_wrong_password_does_nothing_and_keeps_what_was_typed(app: Flask, long_ago: FlaskClient, cast: Cast) -> None:
    answer = submit(long_ago, TOKENS, proof="not the password", **NEW)
    assert answer.status_code == 422
    assert "This is not your current password." in answer.text
    assert as_filled_in(answer.data)["name"] == "backup"
    assert "not the password" not in answer.text
    assert number_of_tokens(app, cast) == 0


def test_a_proof_is_one_session_s_own(app: Flask, long_ago: FlaskClient, cast: Cast) -> None:
    sign_in(app.test_client(), "alice")
    assert submit(long_ago, TOKENS, **NEW).status_code == 401


def test_guesses_at_the_proof_are_ten_in_fifteen_minutes(long_ago: FlaskClient) -> None:
    statuses = [submit(long_ago, TOKENS, proof=f"wrong {number}", **NEW).status_code for number in range(12)]
    assert statuses == [422] * 10 + [429] * 2

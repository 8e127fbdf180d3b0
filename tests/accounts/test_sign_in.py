"""Signing up, in and out, as a browser does it."""

from __future__ import annotations

from flask.testing import FlaskClient
from people import PASSWORD, email, signed_in, submit

from app.accounts.sessions import Account

Cast = dict[str, Account]


def test_signing_up_makes_an_account_and_signs_in(client: FlaskClient) -> None:
    response = submit(client, "/sign-up", email="Dora@Example.org", password=PASSWORD, again=PASSWORD)
    assert response.status_code == 303
    assert "dora@example.org" in client.get("/account").text


def test_signing_in_opens_the_account(client: FlaskClient, cast: Cast) -> None:
    assert client.get("/account").status_code == 303
    signed_in(client, "alice")
    assert email("alice") in client.get("/account").text


def test_a_copied_cookie_opens_nothing_after_signing_out(client: FlaskClient, cast: Cast) -> None:
    signed_in(client, "alice")
    copied = client.get_cookie("session")
    assert copied is not None
    assert submit(client, "/sign-out", at="/account").headers["Location"] == "/sign-in"
    client.set_cookie("session", copied.value)
    assert client.get("/account").headers["Location"].startswith("/sign-in")

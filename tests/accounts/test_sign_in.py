"""Signing in and out, as a browser does it."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from app.accounts import service
from devtools.forms import sign_in, submit
from devtools.people import PASSWORD, Cast, email


def test_signing_in_opens_the_account(client: FlaskClient, cast: Cast) -> None:
    assert client.get("/account").headers["Location"] == "/sign-in?next=/account"
    sign_in(client, "alice")
    assert email("alice") in client.get("/account").text


def test_the_address_may_be_typed_in_capitals_and_with_spaces_around(client: FlaskClient, cast: Cast) -> None:
    assert submit(client, "/sign-in", email=" Alice@EXAMPLE.org ", password=PASSWORD).status_code == 303


@pytest.mark.parametrize("typed", ["alice@example.org", "nobody@example.org", "no address", "a\x00b@example.org"])
def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    client: FlaskClient, cast: Cast, typed: str
) -> None:
    response = submit(client, "/sign-in", email=typed, password="not the password")
    assert response.status_code == 422
    page = BeautifulSoup(response.data, "html.parser")
    assert [error.text for error in page.select(".invalid-feedback")] == [service.WRONG]
    assert [field["value"] for field in page.select("#email, #password")] == [typed, ""]


def test_an_empty_form_says_what_to_type(client: FlaskClient, cast: Cast) -> None:
    response = submit(client, "/sign-in")
    assert response.status_code == 422
    page = BeautifulSoup(response.data, "html.parser")
    assert [field["id"] for field in page.select("[autofocus]")] == ["email"]
    assert [error["role"] for error in page.select(".invalid-feedback")] == ["alert", "alert"]
    assert page.title
    assert page.title.get_text() == "Refused: Sign in"
    assert "Type your email address." in response.text
    assert "Type your password." in response.text


def test_every_field_has_a_label_and_its_error_is_tied_to_it(client: FlaskClient, cast: Cast) -> None:
    page = BeautifulSoup(submit(client, "/sign-up", again="something").data, "html.parser")
    fields = page.select("input.form-control")
    assert [str(field["autocomplete"]) for field in fields] == ["username", "new-password", "new-password"]
    for field in fields:
        assert page.find("label", {"for": field["id"]})
        described = str(field["aria-describedby"]).split()
        assert all(page.find(id=name) for name in described)
        assert f"{field['id']}-error" in described


def test_somebody_who_is_signed_in_is_led_past_the_form(alice: FlaskClient) -> None:
    assert alice.get("/sign-in").headers["Location"] == "/notes"
    assert alice.get("/sign-up?next=/account").headers["Location"] == "/account"


def test_signing_in_as_somebody_else_ends_the_session_before(alice: FlaskClient, app: Flask) -> None:
    before = alice.get_cookie("session")
    assert before is not None
    token = BeautifulSoup(alice.get("/account").data, "html.parser").select_one("input[name=csrf_token]")
    assert token is not None
    fields = {"csrf_token": token["value"], "email": email("bob"), "password": PASSWORD}
    assert alice.post("/sign-in", data=fields).status_code == 303
    assert email("bob") in alice.get("/account").text
    copied = app.test_client()
    copied.set_cookie("session", before.value)
    assert copied.get("/account").status_code == 303


def test_a_copied_cookie_opens_nothing_after_signing_out(alice: FlaskClient) -> None:
    copied = alice.get_cookie("session")
    assert copied is not None
    assert submit(alice, "/sign-out", at="/account").headers["Location"] == "/sign-in"
    alice.set_cookie("session", copied.value)
    assert alice.get("/account").headers["Location"].startswith("/sign-in")


def test_signing_out_twice_does_no_harm(alice: FlaskClient) -> None:
    submit(alice, "/sign-out", at="/account")
    assert submit(alice, "/sign-out", at="/sign-in").headers["Location"] == "/sign-in"


def test_a_link_cannot_sign_anybody_out(alice: FlaskClient) -> None:
    assert alice.get("/sign-out").status_code == 405
    assert alice.get("/account").status_code == 200

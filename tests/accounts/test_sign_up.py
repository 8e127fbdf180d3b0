"""Who may make an account, and with which address."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts import emails, passwords, service
from app.errors import Forbidden, Invalid, TooMany
from devtools.forms import submit
from devtools.people import PASSWORD, Cast, email

MakeApp = Callable[..., Flask]


def sign_up(app: Flask, name: str, client: str = "192.0.2.1") -> service.Entered:
    with app.app_context():
        return service.sign_up(email(name), PASSWORD, client=client, user_agent="")


def test_signing_up_makes_an_account_and_signs_in(client: FlaskClient) -> None:
    response = submit(client, "/sign-up", email="Dora@Example.org", password=PASSWORD, again=PASSWORD)
    assert response.status_code == 303
    assert "dora@example.org" in client.get("/account").text


def test_a_taken_address_is_refused_however_it_is_written(client: FlaskClient, cast: Cast) -> None:
    response = submit(client, "/sign-up", email="ALICE@example.org", password=PASSWORD, again=PASSWORD)
    assert response.status_code == 422
    assert service.TAKEN in response.text


def test_two_passwords_that_differ_are_refused(client: FlaskClient) -> None:
    response = submit(client, "/sign-up", email=email("dora"), password=PASSWORD, again=PASSWORD + "!")
    assert response.status_code == 422
    assert "This is not what you typed above." in response.text


def test_all_faults_are_named_at_once(client: FlaskClient) -> None:
    response = submit(client, "/sign-up", email="dora", password="short", again="short")
    assert "This is no email address." in response.text
    assert "at least 10 characters" in response.text


@pytest.mark.parametrize("rule", ["first", "closed"])
def test_a_closed_site_offers_no_form_and_takes_none(make_app: MakeApp, rule: str) -> None:
    sign_up(make_app(SIGN_UP="open"), "alice")
    app = make_app(SIGN_UP=rule)
    browser = app.test_client()
    assert browser.get("/sign-up").status_code == 403
    assert "Sign up" not in browser.get("/sign-in").text
    assert submit(browser, "/sign-up", at="/sign-in", email=email("dora"), password=PASSWORD).status_code == 403
    with pytest.raises(Forbidden):
        sign_up(app, "dora")


def test_the_first_person_may_sign_up_and_nobody_after(make_app: MakeApp) -> None:
    app = make_app(SIGN_UP="first")
    sign_up(app, "alice")
    with pytest.raises(Forbidden):
        sign_up(app, "bob")


def test_of_two_who_become_the_first_at_once_one_is_admitted(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, both_were_let_in, hashed = make_app(SIGN_UP="first"), Barrier(2), passwords.hash_password

    def hashed_together(password: str) -> str:
        both_were_let_in.wait(20)
        return hashed(password)

    def admitted(name: str) -> bool:
        try:
            return bool(sign_up(app, name))
        except Forbidden:
            return False

    monkeypatch.setattr(passwords, "hash_password", hashed_together)
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(admitted, ["alice", "bob"])) == [False, True]


def test_of_two_who_take_one_address_at_once_one_is_told(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    both_were_let_in, hashed = Barrier(2), passwords.hash_password

    def hashed_together(password: str) -> str:
        both_were_let_in.wait(20)
        return hashed(password)

    def outcome(name: str) -> str:
        try:
            return "in" if sign_up(app, name) else ""
        except Invalid as error:
            return error.fields["email"]

    monkeypatch.setattr(passwords, "hash_password", hashed_together)
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(outcome, ["alice", "alice"])) == [service.TAKEN, "in"]


def test_one_place_cannot_make_accounts_without_end(app: Flask) -> None:
    for number in range(10):
        sign_up(app, f"person{number}")
    with pytest.raises(TooMany):
        sign_up(app, "one-more")
    sign_up(app, "from-elsewhere", client="192.0.2.2")


@pytest.mark.parametrize(
    "typed", ["", "alice", "alice@", "@example.org", "a b@example.org", "alice@example", "a\x00@example.org",
              "alice@example..org", "x" * 65 + "@example.org", "alice@" + "x" * 250 + ".org", "a\ud800@example.org"]
)  # fmt: skip
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as caught:
        emails.tidy(typed)
    assert list(caught.value.fields) == ["email"]


def test_an_address_is_kept_in_one_form() -> None:
    assert emails.tidy(" Ünal@EXAMPLE.org ") == emails.tidy("u\u0308nal@example.org") == "ünal@example.org"

"""Strangers' guesses keep nobody out of a browser in which they have signed in before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from devtools.forms import sign_in, submit
from devtools.people import PASSWORD, Cast, email

STRANGERS_PLACE = "127.0.0.1"  # also that of the test client: everybody behind one address


def guess(browser: FlaskClient, name: str = "alice", password: str = "not the password") -> int:
    return submit(browser, "/sign-in", email=email(name), password=password).status_code


def guesses(browser: FlaskClient, number: int) -> Counter[int]:
    return Counter(guess(browser) for _ in range(number))


@pytest.fixture
def known(app: Flask, cast: Cast) -> FlaskClient:
    """A browser in which Alice has signed in and out."""
    browser = sign_in(app.test_client(), "alice")
    submit(browser, "/sign-out", at="/account")
    return browser


def test_a_known_browser_can_sign_in_after_failed_attempts_of_others(app: Flask, known: FlaskClient) -> None:
    stranger = app.test_client()
    assert guesses(stranger, 12) == {422: 10, 429: 2}
    assert guess(app.test_client(), password=PASSWORD) == 429
    assert guess(known, password=PASSWORD) == 303


def test_a_known_browser_has_ten_guesses_and_then_those_of_a_stranger(known: FlaskClient) -> None:
    assert guesses(known, 22) == {422: 20, 429: 2}


def test_a_device_cookie_does_not_count_for_another_account(app: Flask, known: FlaskClient) -> None:
    stranger = app.test_client()
    for _ in range(11):
        guess(stranger, "bob")
    assert guess(known, "bob", PASSWORD) == 429


def test_a_browser_knows_all_who_share_it(app: Flask, known: FlaskClient) -> None:
    sign_in(known, "bob")
    submit(known, "/sign-out", at="/account")
    stranger = app.test_client()
    for name in ("alice", "bob"):
        for _ in range(11):
            guess(stranger, name)
        assert guess(known, name, PASSWORD) == 303
        submit(known, "/sign-out", at="/account")


def test_a_device_cookie_is_another_after_each_sign_in(known: FlaskClient) -> None:
    before = known.get_cookie("device")
    sign_in(known, "alice")
    after = known.get_cookie("device")
    assert before is not None
    assert after is not None
    assert before.value != after.value


@pytest.mark.parametrize("forged", ["", "x", "eyIxIjoibm9uY2UifQ.aaaa.bbbb"])
def test_a_cookie_that_we_did_not_sign_makes_no_browser_known(app: Flask, cast: Cast, forged: str) -> None:
    browser = app.test_client()
    browser.set_cookie("device", forged)
    assert guesses(browser, 12) == {422: 10, 429: 2}


def test_a_device_cookie_ends_after_a_year(
    app: Flask, known: FlaskClient, monkeypatch: pytest.MonkeyPatch, later: Callable[..., None]
) -> None:
    from itsdangerous import TimestampSigner

    real = TimestampSigner.get_timestamp
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda signer: real(signer) + 366 * 24 * 3600)
    stranger = app.test_client()
    guesses(stranger, 11)
    assert guess(known, password=PASSWORD) == 429

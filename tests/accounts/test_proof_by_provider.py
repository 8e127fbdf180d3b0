"""Whoever has no password proves who they are by signing in at the provider again, and nobody else proves it so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from by_provider import address_of_provider, come_back, link, visit
from flask import Flask
from flask.testing import FlaskClient
from on_databases import on_sqlite
from werkzeug.test import TestResponse

from app import clock
from app.accounts import events, oidc, service, tokens
from devtools.forms import sign_in, submit
from devtools.identity_provider import NAME, IdentityProvider
from devtools.people import PASSWORD, Cast, email

pytestmark = [
    # What the provider's package uses of Authlib; the application uses none of it.
    pytest.mark.filterwarnings("ignore::authlib.deprecate.AuthlibDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning"),
]
Later = Callable[..., None]
TOKENS = "/account/tokens"
NEW = {"name": "backup", "scope": "read"}


@pytest.fixture
def app(make_app: Callable[..., Flask], provider: IdentityProvider, tmp_path: Path) -> Flask:
    return make_app(**provider.settings(MAIL_URL=f"folder:{tmp_path / 'mail'}"))


@pytest.fixture
def dora(app: Flask, provider: IdentityProvider, later: Later) -> FlaskClient:
    """A browser in which Dora, whom only the provider has brought, signed in longer than ten minutes ago."""
    browser = app.test_client()
    visit(browser, provider, "dora")
    later(minutes=11)
    return browser


def ask(browser: FlaskClient) -> TestResponse:
    """Ask for a token; return the page that asks for a proof."""
    asked = submit(browser, TOKENS, **NEW)
    assert asked.status_code == 401
    return asked


def prove(browser: FlaskClient, provider: IdentityProvider, subject: str) -> TestResponse:
    """Go to the provider from the page that asks for a proof, and sign in there as `subject`."""
    return come_back(browser, provider.sign_in(address_of_provider(ask(browser)), subject))


def number_of_tokens(app: Flask, name: str) -> int:
    with app.app_context():
        return len(tokens.list_tokens(service.find(email(name)).id))


def is_asked(browser: FlaskClient) -> bool:
    return submit(browser, TOKENS, **NEW).status_code == 401


# --- What it opens -------------------------------------------------------------------------------------------------


def test_signing_in_at_the_provider_again_is_a_proof(app: Flask, dora: FlaskClient, provider: IdentityProvider) -> None:
    asked = ask(dora)
    assert f"Sign in with {NAME} again" in asked.text
    assert "It is you" in come_back(dora, provider.sign_in(address_of_provider(asked), "dora")).text
    # The page that asked is still open: its form is sent again, with all that was in it.
    form = BeautifulSoup(asked.data, "html.parser").select("main form")[0]
    fields = {str(field["name"]): str(field.get("value", "")) for field in form.select("input[name]")}
    assert "Your new token" in dora.post(TOKENS, data=fields).text
    with app.app_context():
        mine = service.find(email("dora")).id
        assert [token.name for token in tokens.list_tokens(mine)] == ["backup"]
        assert "Proved again who is signed in" in [event.description for event in events.list_events(mine)]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_tabs_that_ask_for_a_proof_both_get_it(
    app: Flask, dora: FlaskClient, provider: IdentityProvider, order: tuple[int, int]
) -> None:
    asked = [ask(dora), ask(dora)]
    for tab in order:
        assert "It is you" in come_back(dora, provider.sign_in(address_of_provider(asked[tab]), "dora")).text
    for page in asked:
        form = BeautifulSoup(page.data, "html.parser").select("main form")[0]
        fields = {str(field["name"]): str(field.get("value", "")) for field in form.select("input[name]")}
        assert "Your new token" in dora.post(TOKENS, data=fields).text
    assert number_of_tokens(app, "dora") == 2


@on_sqlite
def test_two_tabs_that_ask_for_the_password_both_take_it(app: Flask, cast: Cast, later: Later) -> None:
    alice = sign_in(app.test_client(), "alice")
    later(minutes=11)
    for page in [ask(alice), ask(alice)]:
        form = BeautifulSoup(page.data, "html.parser").select("main form")[0]
        fields = {str(field["name"]): str(field.get("value", "")) for field in form.select("input[name]")}
        assert "Your new token" in alice.post(TOKENS, data=fields | {"proof": PASSWORD}).text
    assert number_of_tokens(app, "alice") == 2


SENSITIVE = [TOKENS, "/account/sign-out-others", "/account/address", "/account/delete", "/account/factors/codes"]


@on_sqlite
@pytest.mark.parametrize("path", SENSITIVE)
def test_every_sensitive_act_takes_it(dora: FlaskClient, provider: IdentityProvider, path: str) -> None:
    def act() -> int:
        return submit(dora, path, at="/account", email="dora@elsewhere.example", **NEW).status_code

    assert act() == 401
    prove(dora, provider, "dora")
    assert act() in {200, 303}


@on_sqlite
def test_the_provider_is_told_to_ask_again_and_to_say_when_it_did(dora: FlaskClient) -> None:
    address = address_of_provider(ask(dora))
    assert "prompt=login" in address
    assert "max_age=1" in address


def test_the_proof_lasts_ten_minutes_from_the_sign_in_there(
    dora: FlaskClient, provider: IdentityProvider, later: Later
) -> None:
    back = provider.sign_in(address_of_provider(ask(dora)), "dora")
    later(minutes=4)
    come_back(dora, back)
    later(minutes=5)
    assert not is_asked(dora)
    later(minutes=2)
    assert is_asked(dora)


@on_sqlite
def test_who_is_not_linked_is_not_sent_there(alice: FlaskClient, later: Later) -> None:
    later(minutes=11)
    assert NAME not in BeautifulSoup(ask(alice).data, "html.parser").select("main")[0].text


@on_sqlite
def test_a_provider_that_is_down_leaves_the_password(
    app: Flask, alice: FlaskClient, provider: IdentityProvider, later: Later
) -> None:
    link(alice, provider, "alice")
    later(minutes=61)  # longer than its pages are remembered
    provider.is_down = True
    assert "Your password, please" in ask(alice).text
    assert submit(alice, TOKENS, proof=PASSWORD, **NEW).status_code == 200


# --- What it does not open -----------------------------------------------------------------------------------------


def test_somebody_else_s_sign_in_there_is_no_proof(app: Flask, dora: FlaskClient, provider: IdentityProvider) -> None:
    for subject in ("alice", "eve"):  # the one has an account here that is linked, the other has none
        if subject == "alice":
            visit(app.test_client(), provider, "alice")
        prove(dora, provider, subject)
        assert oidc.SOMEBODY_ELSE in dora.get("/account").text
        assert is_asked(dora)
    assert number_of_tokens(app, "dora") == 0


AUTH_TIMES: dict[str, Callable[[int], Any]] = {
    "before the visit": lambda now: now - 120,
    "long ago": lambda now: now - 86_400,
    "in the future": lambda now: now + 120,
    "zero": lambda _now: 0,
    "none": lambda _now: None,
    "a text": str,
    "no number": lambda _now: float("nan"),
    "without end": lambda _now: float("inf"),
    "yes": lambda _now: True,
    "a list": lambda now: [now],
}


@on_sqlite
@pytest.mark.parametrize("said", AUTH_TIMES.values(), ids=AUTH_TIMES)
def test_who_was_signed_in_there_before_is_asked(
    dora: FlaskClient, provider: IdentityProvider, said: Callable[[int], Any]
) -> None:
    now = clock.now_us() // clock.SECOND
    provider.change = lambda claims: claims.update(auth_time=said(now))
    prove(dora, provider, "dora")
    assert oidc.NOT_BELIEVED in dora.get("/account").text
    assert is_asked(dora)


@on_sqlite
def test_a_provider_that_does_not_say_when_proves_nothing(dora: FlaskClient, provider: IdentityProvider) -> None:
    provider.change = lambda claims: claims.pop("auth_time") and None
    prove(dora, provider, "dora")
    assert oidc.NOT_BELIEVED in dora.get("/account").text
    assert is_asked(dora)


def test_an_answer_proves_once(dora: FlaskClient, provider: IdentityProvider, later: Later) -> None:
    back = provider.sign_in(address_of_provider(ask(dora)), "dora")
    come_back(dora, back)
    assert not is_asked(dora)
    later(minutes=11)
    provider.asked.clear()
    come_back(dora, back)
    assert provider.asked == []
    assert is_asked(dora)


@on_sqlite
def test_the_answer_to_a_proof_begins_no_session(app: Flask, dora: FlaskClient, provider: IdentityProvider) -> None:
    back = provider.sign_in(address_of_provider(ask(dora)), "dora")
    stranger = app.test_client()
    come_back(stranger, back)
    assert stranger.get("/account").status_code != 200
    submit(dora, "/sign-out", at="/account")
    come_back(dora, back)
    assert dora.get("/account").status_code != 200


@on_sqlite
def test_a_proof_begun_by_one_person_is_not_finished_as_another(
    app: Flask, dora: FlaskClient, cast: Cast, provider: IdentityProvider, later: Later
) -> None:
    back = provider.sign_in(address_of_provider(ask(dora)), "dora")
    submit(dora, "/sign-out", at="/account")
    sign_in(dora, "alice")
    later(minutes=11)
    come_back(dora, back)
    assert oidc.TOO_LATE in dora.get("/account").text
    assert is_asked(dora)


@on_sqlite
def test_what_a_copied_cookie_has_begun_is_not_finished_by_its_owner(
    app: Flask, dora: FlaskClient, provider: IdentityProvider
) -> None:
    dora.get("/account")
    cookie = dora.get_cookie("session")
    assert cookie is not None
    thief = app.test_client()
    thief.set_cookie("session", cookie.value)
    back = provider.sign_in(address_of_provider(ask(thief)), "dora")  # Dora follows the thief's link
    come_back(dora, back)
    assert oidc.TOO_LATE in dora.get("/account").text
    assert is_asked(thief)


# --- Taking the provider away --------------------------------------------------------------------------------------


@on_sqlite
def test_a_sign_in_at_the_provider_is_no_proof_for_unlinking_it(
    app: Flask, dora: FlaskClient, provider: IdentityProvider
) -> None:
    prove(dora, provider, "dora")
    asked = submit(dora, "/account/provider/unlink", at="/account")
    assert asked.status_code == 401
    assert "Forgotten your password?" in asked.text
    assert "localhost:" not in asked.text
    again = app.test_client()
    visit(again, provider, "dora")
    assert again.get("/account").status_code == 200

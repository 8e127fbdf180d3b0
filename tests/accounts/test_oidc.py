"""Signing in by an identity provider: whom it lets in, what is not believed of it, and what happens when it fails."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from by_provider import ANSWER, address_of_provider, come_back, go, link, visit
from flask import Flask
from flask.testing import FlaskClient
from joserfc.jwk import RSAKey
from mails import mails
from on_databases import on_sqlite

from app import clock, db, rate_limits
from app.accounts import events, factors, identities, oidc, service
from app.accounts.models import account_identity
from app.errors import Invalid
from config import ConfigError, from_environment
from devtools import identity_provider
from devtools.forms import sign_in, submit
from devtools.identity_provider import NAME, IdentityProvider
from devtools.people import PASSWORD, Cast, create_accounts, email

pytestmark = [
    # What the provider's package uses of Authlib; the application uses none of it.
    pytest.mark.filterwarnings("ignore::authlib.deprecate.AuthlibDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning"),
]
Later = Callable[..., None]


@pytest.fixture
def app(make_app: Callable[..., Flask], provider: IdentityProvider, tmp_path: Path) -> Flask:
    return make_app(**provider.settings(MAIL_URL=f"folder:{tmp_path / 'mail'}"))


def is_in(browser: FlaskClient) -> bool:
    return browser.get("/account").status_code == 200


def sentence(browser: FlaskClient) -> str:
    return browser.get("/sign-in").text


def happened(app: Flask, account_id: int) -> list[str]:
    with app.app_context():
        return [f"{event.description}{event.result and ': '}{event.result}" for event in events.list_events(account_id)]


# --- Linking and signing in ----------------------------------------------------------------------------------------


@on_sqlite
@pytest.mark.parametrize("forward", [True, False])
def test_a_sign_in_that_began_before_the_key_was_exchanged_ends_well(
    make_app: Callable[..., Flask], provider: IdentityProvider, tmp_path: Path, forward: bool
) -> None:
    """Also one that begins at a server with the new key and ends at one that has it as a fallback so far."""
    new, mails_to = "fedcba9876543210" * 4, f"folder:{tmp_path / 'mail'}"
    old_server = make_app(**provider.settings(MAIL_URL=mails_to, SECRET_KEY_FALLBACKS=new))
    old = old_server.config["SECRET_KEY"]
    new_server = make_app(**provider.settings(MAIL_URL=mails_to, SECRET_KEY=new, SECRET_KEY_FALLBACKS=old))
    one, other = (old_server, new_server) if forward else (new_server, old_server)
    began, browser = one.test_client(), other.test_client()
    back = provider.sign_in(go(began), "dora")
    cookie = began.get_cookie("session")
    assert cookie
    browser.set_cookie("session", cookie.value)
    come_back(browser, back)
    assert is_in(browser)


def test_an_account_that_was_linked_is_opened_by_the_provider(
    app: Flask, alice: FlaskClient, cast: Cast, provider: IdentityProvider
) -> None:
    link(alice, provider, "alice")
    assert f"{NAME} opens this account now" in alice.get("/account").text
    browser = app.test_client()
    assert visit(browser, provider, "alice", "/tasks").headers["Location"] == "/tasks"
    assert is_in(browser)
    assert happened(app, cast["alice"].id)[:2] == ["Signed in with the provider", "Linked the account to the provider"]


@on_sqlite
def test_the_page_offers_the_provider_and_the_way_there_holds_no_secret(app: Flask, provider: IdentityProvider) -> None:
    browser = app.test_client()
    assert f"Sign in with {NAME}" in browser.get("/sign-in").text
    query = parse_qs(urlsplit(go(browser)).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == [f"http://localhost{ANSWER}"]
    assert {"nonce", "state", "code_challenge"} <= set(query)
    assert identity_provider.CLIENT_SECRET not in str(query)


@on_sqlite
def test_the_verifier_of_pkce_is_sent_with_the_code(app: Flask, alice: FlaskClient, provider: IdentityProvider) -> None:
    before = provider.verified_codes
    link(alice, provider, "alice")
    assert provider.verified_codes == before + 1


@on_sqlite
def test_linking_asks_for_a_proof_when_the_last_is_old(
    alice: FlaskClient, provider: IdentityProvider, later: Later
) -> None:
    later(minutes=11)
    shown = submit(alice, "/account/provider", at="/account")
    assert shown.status_code == 401
    assert "Your password, please" in shown.text


@on_sqlite
def test_unlinking_asks_for_a_proof_and_ends_it(
    app: Flask, alice: FlaskClient, provider: IdentityProvider, later: Later
) -> None:
    link(alice, provider, "alice")
    later(minutes=11)
    assert submit(alice, "/account/provider/unlink", at="/account").status_code == 401
    assert submit(alice, "/account/provider/unlink", at="/account", proof=PASSWORD).status_code == 303
    browser = app.test_client()
    visit(browser, provider, "alice")
    assert not is_in(browser)
    subjects = [mail["Subject"] for mail in mails(app)]
    assert subjects == ["Your account can be opened in another way", "A way to open your account was removed"]


def test_whom_another_account_holds_is_not_linked(
    alice: FlaskClient, bob: FlaskClient, provider: IdentityProvider
) -> None:
    link(alice, provider, "alice")
    link(bob, provider, "alice")
    assert "belongs to another account here" in bob.get("/account").text


@on_sqlite
def test_an_account_has_one_sign_in_of_a_provider(alice: FlaskClient, provider: IdentityProvider) -> None:
    link(alice, provider, "alice")
    link(alice, provider, "dora")
    assert "linked to another sign-in" in alice.get("/account").text


def test_of_two_accounts_that_are_linked_at_once_to_one_sign_in_one_is(app: Flask, cast: Cast) -> None:
    def try_to_link(name: str) -> bool:
        with app.app_context():
            try:
                identities.link(cast[name].id, "https://provider.example", "somebody")
            except Invalid:
                return False
            return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(try_to_link, ["alice", "bob"])) == [False, True]
    with app.app_context():
        assert len(db.read(account_identity.select()).all()) == 1


@on_sqlite
def test_a_link_begun_by_one_person_is_not_finished_as_another(
    app: Flask, alice: FlaskClient, cast: Cast, provider: IdentityProvider
) -> None:
    shown = submit(alice, "/account/provider", at="/account")
    back = provider.sign_in(address_of_provider(shown), "dora")
    submit(alice, "/sign-out", at="/account")
    sign_in(alice, "bob")
    come_back(alice, back)
    with app.app_context():
        assert db.read(account_identity.select()).all() == []


# --- Second factor -------------------------------------------------------------------------------------------------


@on_sqlite
def test_a_second_factor_is_asked_for_all_the_same(
    app: Flask, alice: FlaskClient, cast: Cast, provider: IdentityProvider
) -> None:
    link(alice, provider, "alice")
    with app.app_context():
        setup = factors.set_up(cast["alice"])
        code = pyotp.TOTP(setup.secret).generate_otp(clock.now_us() // factors.STEP)
        [recovery, *_] = factors.add_app(cast["alice"], setup.ticket, "Phone", code)
    browser = app.test_client()
    assert visit(browser, provider, "alice").headers["Location"] == "/sign-in/second-factor"
    assert not is_in(browser)
    submit(browser, "/sign-in/second-factor", code=recovery)
    assert is_in(browser)


# --- New people ----------------------------------------------------------------------------------------------------


def test_a_verified_address_gets_an_account_where_sign_up_is_open(app: Flask, provider: IdentityProvider) -> None:
    browser = app.test_client()
    assert visit(browser, provider, "dora").headers["Location"] == "/notes"
    assert email("dora") in browser.get("/account").text
    assert "Nobody knows yet whether mail" not in browser.get("/account").text
    again = app.test_client()
    visit(again, provider, "dora")
    assert is_in(again)


@on_sqlite
@pytest.mark.parametrize(("settings", "admitted"), [({}, False), ({"OIDC_SIGN_UP": "1"}, True)])
def test_closed_sign_up_admits_whom_the_provider_does_by_a_setting(
    make_app: Callable[..., Flask], provider: IdentityProvider, settings: dict[str, str], admitted: bool
) -> None:
    app = make_app(**provider.settings(SIGN_UP="closed", **settings))
    browser = app.test_client()
    visit(browser, provider, "dora")
    assert is_in(browser) is admitted
    assert admitted or oidc.UNKNOWN in sentence(browser)


@on_sqlite
def test_the_first_account_may_come_by_the_provider(make_app: Callable[..., Flask], provider: IdentityProvider) -> None:
    app = make_app(**provider.settings(SIGN_UP="first"))
    first, second = app.test_client(), app.test_client()
    visit(first, provider, "dora")
    visit(second, provider, "alice")
    assert (is_in(first), is_in(second)) == (True, False)


@on_sqlite
def test_an_unverified_address_gets_no_account(app: Flask, provider: IdentityProvider) -> None:
    browser = app.test_client()
    for says in ({}, {"email_verified": False}, {"email_verified": "true"}, {"email_verified": 1}):
        provider.add_person("eve", email=email("eve"), **says)
        visit(browser, provider, "eve")
        assert not is_in(browser), says
        assert oidc.UNKNOWN in sentence(browser), says


@on_sqlite
def test_a_verified_address_of_an_account_opens_nothing_without_its_proof(
    app: Flask, cast: Cast, provider: IdentityProvider
) -> None:
    browser = app.test_client()
    visit(browser, provider, "alice")
    assert not is_in(browser)
    assert oidc.UNKNOWN in sentence(browser)
    assert happened(app, cast["alice"].id) == ["Made the account"]


@on_sqlite
def test_an_address_that_is_told_elsewhere_is_read_there(app: Flask, provider: IdentityProvider) -> None:

    def leave_out(claims: dict[str, Any]) -> None:
        del claims["email"], claims["email_verified"]

    provider.change = leave_out
    browser = app.test_client()
    visit(browser, provider, "dora")
    assert is_in(browser)
    assert "/userinfo" in provider.asked


@on_sqlite
def test_no_password_opens_an_account_that_a_provider_has_brought(app: Flask, provider: IdentityProvider) -> None:
    visit(app.test_client(), provider, "dora")
    for password in ("", "!", PASSWORD):
        with app.app_context(), pytest.raises(Invalid):
            service.sign_in(email("dora"), password, client="", user_agent="")


# --- What is not believed ------------------------------------------------------------------------------------------


def wrong(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda claims: claims.update({name: value})


def missing(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda claims: claims.pop(name) and None


FORGED = {
    "wrong nonce": wrong("nonce", "of another visit"),
    "no nonce": missing("nonce"),
    "wrong audience": wrong("aud", "another client"),
    "second audience without us as party": wrong("aud", ["notes", "another client"]),
    "wrong party": wrong("azp", "another client"),
    "wrong issuer": wrong("iss", "https://provider.example"),
    "no issuer": missing("iss"),
    "expired": wrong("exp", 1_700_000_000),
    "no end": missing("exp"),
    "made in the future": wrong("iat", 4_000_000_000),
    "no subject": missing("sub"),
    "empty subject": wrong("sub", ""),
    "subject that is no text": wrong("sub", 7),
    "subject that is too long": wrong("sub", "a" * 256),
}


@pytest.mark.slow
@on_sqlite
def test_a_wrong_answer_of_the_provider_opens_nothing(app: Flask, provider: IdentityProvider) -> None:
    browser = app.test_client()
    for name, change in FORGED.items():
        provider.change = change
        assert visit(browser, provider, "dora").headers["Location"] == "/sign-in", name
        assert oidc.NOT_BELIEVED in sentence(browser), name
    provider.change = None
    assert visit(browser, provider, "dora").headers["Location"] == "/notes"


@on_sqlite
@pytest.mark.parametrize("header", [{"alg": "RS256"}, {"alg": "RS256", "kid": "another"}])
def test_what_another_key_has_signed_opens_nothing(
    app: Flask, provider: IdentityProvider, header: dict[str, str]
) -> None:
    provider.key, provider.header = RSAKey.generate_key(2048), header
    browser = app.test_client()
    visit(browser, provider, "dora")
    assert oidc.NOT_BELIEVED in sentence(browser)


@on_sqlite
def test_unknown_keys_do_not_make_us_ask_for_keys_again_and_again(app: Flask, provider: IdentityProvider) -> None:
    provider.key, provider.header = RSAKey.generate_key(2048), {"alg": "RS256", "kid": "another"}
    for _ in range(4):
        visit(app.test_client(), provider, "dora")
    assert provider.asked.count("/jwks") == 1
    assert provider.asked.count("/.well-known/openid-configuration") == 1


@on_sqlite
def test_keys_that_the_provider_has_changed_are_asked_for(app: Flask, provider: IdentityProvider, later: Later) -> None:
    visit(app.test_client(), provider, "dora")
    later(minutes=2)
    provider.key, provider.header = RSAKey.generate_key(2048), {"alg": "RS256", "kid": "another"}
    visit(app.test_client(), provider, "dora")
    assert provider.asked.count("/jwks") == 2


# --- State and code ------------------------------------------------------------------------------------------------


@on_sqlite
def test_a_wrong_state_opens_nothing(app: Flask, provider: IdentityProvider) -> None:
    browser = app.test_client()
    code = parse_qs(urlsplit(provider.sign_in(go(browser), "dora")).query)["code"][0]
    for state in ({}, {"state": ""}, {"state": "made-up"}):
        browser.get(ANSWER, query_string={"code": code} | state)
        assert oidc.TOO_LATE in sentence(browser)
        assert not is_in(browser)


@on_sqlite
def test_the_answer_to_another_browser_opens_nothing(app: Flask, provider: IdentityProvider) -> None:
    attackers, victims = app.test_client(), app.test_client()
    back = provider.sign_in(go(attackers), "dora")
    victims.get("/sign-in")
    come_back(victims, back)
    assert oidc.TOO_LATE in sentence(victims)
    assert not is_in(victims)


@on_sqlite
def test_an_answer_is_good_for_ten_minutes(
    app: Flask, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = app.test_client()
    back = provider.sign_in(go(browser), "dora")
    monkeypatch.setattr(oidc, "SECONDS", -1)
    come_back(browser, back)
    assert oidc.TOO_LATE in sentence(browser)


def test_an_answer_is_good_once(app: Flask, provider: IdentityProvider) -> None:
    browser = app.test_client()
    address = go(browser)
    cookie = browser.get_cookie("session")
    assert cookie is not None
    back = provider.sign_in(address, "dora")
    come_back(browser, back)
    assert is_in(browser)
    copy = app.test_client()
    copy.set_cookie("session", cookie.value)
    asked = len(provider.asked)
    come_back(copy, back)
    assert not is_in(copy)
    assert len(provider.asked) == asked


@on_sqlite
def test_the_code_of_one_visit_is_not_taken_in_another(app: Flask, provider: IdentityProvider) -> None:
    stolen = parse_qs(urlsplit(provider.sign_in(go(app.test_client()), "dora")).query)["code"][0]
    browser = app.test_client()
    state = parse_qs(urlsplit(go(browser)).query)["state"][0]
    browser.get(ANSWER, query_string={"code": stolen, "state": state})
    assert not is_in(browser)


@on_sqlite
def test_a_code_that_the_provider_does_not_know_opens_nothing(app: Flask, provider: IdentityProvider) -> None:
    browser = app.test_client()
    code = parse_qs(urlsplit(provider.sign_in(go(browser), "dora")).query)["code"][0]
    state = parse_qs(urlsplit(go(browser)).query)["state"][0]
    browser.get(ANSWER, query_string={"code": f"{code}x", "state": state})
    assert oidc.NOT_BELIEVED in sentence(browser)
    assert not is_in(browser)


@on_sqlite
def test_a_code_that_was_used_opens_nothing_again(app: Flask, provider: IdentityProvider) -> None:
    first, second = app.test_client(), app.test_client()
    code = parse_qs(urlsplit(back := provider.sign_in(go(first), "dora")).query)["code"][0]
    come_back(first, back)
    assert is_in(first)
    state = parse_qs(urlsplit(go(second)).query)["state"][0]
    provider.asked.clear()
    redeemed = provider.verified_codes
    second.get(ANSWER, query_string={"code": code, "state": state})
    # A state of its own, so the provider is asked, and does not redeem the code again.
    assert "/oauth2/token" in provider.asked
    assert provider.verified_codes == redeemed
    assert oidc.NOT_BELIEVED in sentence(second)
    assert not is_in(second)


@on_sqlite
def test_it_leads_to_no_other_site(app: Flask, provider: IdentityProvider) -> None:
    assert visit(app.test_client(), provider, "dora", "https://evil.example/").headers["Location"] == "/notes"


@on_sqlite
def test_from_one_place_so_many_answers_are_looked_at(
    app: Flask, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "ANSWERS_PER_CLIENT", 2)
    provider.change = wrong("nonce", "of another visit")
    statuses = [visit(app.test_client(), provider, "dora").status_code for _ in range(3)]
    assert statuses == [303, 303, 429]


# --- A provider that fails -----------------------------------------------------------------------------------------


@on_sqlite
def test_nothing_is_asked_of_the_provider_before_somebody_signs_in(app: Flask, provider: IdentityProvider) -> None:
    app.test_client().get("/sign-in")
    assert provider.asked == []


@on_sqlite
def test_a_provider_that_is_down_is_a_sentence_and_the_password_goes_on(
    app: Flask, cast: Cast, provider: IdentityProvider
) -> None:
    provider.is_down = True
    browser = app.test_client()
    assert browser.get("/sign-in/provider?next=/tasks").headers["Location"] == "/sign-in?next=/tasks"
    assert oidc.ProviderFailed.message in sentence(browser)
    assert is_in(sign_in(browser, "alice"))


@on_sqlite
def test_a_provider_that_is_down_on_the_way_back_opens_nothing(app: Flask, provider: IdentityProvider) -> None:
    browser = app.test_client()
    back = provider.sign_in(go(browser, "/tasks"), "dora")
    provider.is_down = True
    assert come_back(browser, back).headers["Location"] == "/sign-in?next=/tasks"
    assert oidc.ProviderFailed.message in sentence(browser)


@on_sqlite
def test_who_changes_his_mind_there_comes_back_to_the_page(app: Flask, provider: IdentityProvider) -> None:
    browser = app.test_client()
    state = parse_qs(urlsplit(go(browser)).query)["state"][0]
    answer = browser.get(ANSWER, query_string={"error": "access_denied", "state": state})
    assert answer.headers["Location"] == "/sign-in"
    assert "You were not signed in there" in sentence(browser)


@on_sqlite
def test_a_provider_with_another_issuer_is_refused(make_app: Callable[..., Flask], provider: IdentityProvider) -> None:
    app = make_app(**provider.settings(OIDC_ISSUER=f"{provider.issuer}/"))
    browser = app.test_client()
    browser.get("/sign-in/provider")
    assert oidc.ProviderFailed.message in sentence(browser)


@on_sqlite
def test_without_a_provider_its_pages_are_not_there(make_app: Callable[..., Flask]) -> None:
    app = make_app()
    create_accounts(app)
    alice = sign_in(app.test_client(), "alice")
    assert alice.get("/sign-in/provider").status_code == 404
    assert "/account/provider" not in alice.get("/account").text


# --- Settings ------------------------------------------------------------------------------------------------------

GOOD = {
    "OIDC_ISSUER": "https://accounts.example",
    "OIDC_CLIENT_ID": "notes",
    "OIDC_CLIENT_SECRET": "secret",
    "PUBLIC_URL": "https://notes.example",
}


def test_the_secret_is_in_no_description_of_the_settings() -> None:
    found = from_environment(GOOD | {"OIDC_CLIENT_SECRET": "zebrafish", "APP_ENV": "testing"})["OIDC"]
    assert found.name == "accounts.example"
    assert "zebrafish" not in repr(found)


@pytest.mark.parametrize(
    "bad",
    [
        {"OIDC_CLIENT_SECRET": ""},
        {"OIDC_CLIENT_ID": ""},
        {"OIDC_ISSUER": ""},
        {"PUBLIC_URL": ""},
        {"OIDC_ISSUER": "http://accounts.example"},
        {"OIDC_ISSUER": "accounts.example"},
        {"OIDC_ISSUER": "https://accounts.example?tenant=1"},
        {"OIDC_ISSUER": f"https://{'a' * 250}.example"},
        {"OIDC_SIGN_UP": "yes"},
        {"OIDC_CA": "/proc/none.pem"},
    ],
)
def test_settings_that_cannot_be_are_refused(bad: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="OIDC_"):
        from_environment(GOOD | {"APP_ENV": "testing"} | bad)

"""Which passwords are accepted, and how they are kept and changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from statements import heard

from app import db
from app.accounts import passwords, service, tokens
from app.accounts.models import account
from app.db.metadata import sqlalchemy
from app.errors import Invalid, NotFound
from devtools import forms, people
from devtools.people import PASSWORD, Cast, email

NEW = "five other words for later"


def stored(name: str) -> str:
    found: str = db.read(select(account.c.password_hash).where(account.c.email == email(name))).scalar_one()
    return found


def sign_in(name: str, password: str) -> service.Entered:
    return service.sign_in(email(name), password, client="192.0.2.1", user_agent="")


@pytest.fixture
def context(app: Flask, cast: Cast) -> Iterator[Flask]:
    with app.app_context():
        yield app


@pytest.mark.parametrize(
    "password", ["", "ninechars", "x" * 129, "aaaaaaaaaaaa", "abababababab", "Password123", "qwertyuiop",
                 "alice.archer@example.org", "Alice.Archer@Example.org", "alice.archer", "ｐａｓｓｗｏｒｄ１２３",
                 "notesnotes", "Notes12345", "alice12345", "archer-alice-1", "example.org!", "notes4alice",
                 "alicearcher99",
                 "baseball123", "p@ssw0rd123", "12password!", "trustno1234", "passwordpassword", "0123456789",
                 "0987654321", "abcdefghij", "asdfghjklm", "changeme123", "dragon12345", "administrator"]
)  # fmt: skip
def test_what_somebody_would_try_first_is_no_password(password: str) -> None:
    assert passwords.fault(password, "alice.archer@example.org")


def test_the_name_of_the_site_s_host_is_no_password(make_app: Callable[..., Flask]) -> None:
    with make_app(PUBLIC_URL="https://zettelkasten.example").app_context():
        assert passwords.fault("zettelkasten1", email("alice"))
        assert passwords.fault("a zettelkasten for old letters", email("alice")) is None


def test_the_common_passwords_are_many() -> None:
    assert len(passwords.COMMON) >= 10_000


@pytest.mark.parametrize(
    "password", [PASSWORD, "tencharsxy", "pässwörter", "x7" * 40 + "yz", "    spaces  ", "alice writes notes by night"]
)
def test_length_is_all_that_is_asked_of_a_password(password: str) -> None:
    assert passwords.fault(password, email("alice")) is None


def test_a_password_is_kept_as_argon2id_at_the_recommended_cost() -> None:
    app = Flask("app")
    passwords.init_app(app)
    with app.app_context():
        assert passwords.hash_password(PASSWORD).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_password_matches_in_whichever_way_the_keyboard_spells_it(context: Flask) -> None:
    kept = passwords.hash_password("Käse und Brötchen")
    assert passwords.matches("Ka\u0308se und Bro\u0308tchen", kept)
    assert not passwords.matches("Kase und Brotchen", kept)


def test_what_comes_after_the_longest_password_is_not_ignored(context: Flask) -> None:
    kept = passwords.hash_password("ab" * 64)
    assert passwords.matches("ab" * 64, kept)
    assert not passwords.matches("ab" * 64 + "c", kept)


@pytest.mark.parametrize("odd", ["", "\x00" * 12, "\ud800" * 12, "\ufdfa" * 100_000])
def test_nothing_that_can_be_typed_breaks_the_sign_in(context: Flask, odd: str) -> None:
    with pytest.raises(Invalid, match=service.WRONG):
        sign_in("alice", odd)


def test_an_unknown_address_costs_the_same_work_as_a_known_one(context: Flask) -> None:
    hasher = PasswordHasher(memory_cost=64, time_cost=3, parallelism=1)
    nobodys = passwords.NOBODYS.format(hasher)
    assert extract_parameters(nobodys) == extract_parameters(hasher.hash(PASSWORD))
    with pytest.raises(VerifyMismatchError):  # computed and compared, not refused beforehand
        hasher.verify(nobodys, PASSWORD)


def test_an_unknown_address_is_looked_at_with_a_hash_too(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    hasher, seen = passwords._hasher.of(context), []

    class Watched:
        def verify(self, kept: str, password: bytes) -> bool:
            seen.append(kept)
            return bool(hasher.verify(kept, password))

        def __getattr__(self, name: str) -> object:
            return getattr(hasher, name)

    monkeypatch.setitem(context.extensions, passwords._hasher._key, Watched())
    for name in ("alice", "nobody"):
        with pytest.raises(Invalid, match=service.WRONG):
            sign_in(name, "not the password")
    assert seen == [stored("alice"), passwords.NOBODYS.format(hasher)]


def test_as_many_statements_are_sent_for_an_unknown_address_as_for_a_known_one(context: Flask) -> None:
    numbers: dict[str, int] = {}
    for name in ("alice", "nobody"):
        with heard() as sent, pytest.raises(Invalid, match=service.WRONG):
            sign_in(name, "not the password")
        numbers[name] = len(sent)
    assert numbers["alice"] == numbers["nobody"]


def test_signing_in_brings_an_old_hash_to_the_present_cost(context: Flask) -> None:
    before = stored("alice")
    passwords._hasher.set(context, PasswordHasher(memory_cost=16, time_cost=1, parallelism=1))
    sign_in("alice", PASSWORD)
    assert stored("alice") != before
    assert extract_parameters(stored("alice")).memory_cost == 16
    sign_in("alice", PASSWORD)


def test_no_connection_is_held_while_a_password_is_hashed(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    hasher, out = passwords._hasher.of(context), []

    class Watched:
        def __getattr__(self, name: str) -> object:
            if name in {"verify", "hash"}:
                out.append((name, sqlalchemy.engine.pool.checkedout()))  # type: ignore[attr-defined]  # both pools count
            return True if name == "check_needs_rehash" else getattr(hasher, name)

    class Outdated(Watched):
        def check_needs_rehash(self, _kept: str) -> bool:
            return True

    monkeypatch.setitem(context.extensions, passwords._hasher._key, Outdated())
    sign_in("alice", PASSWORD)
    service.sign_up(email("dora"), PASSWORD, client="192.0.2.1", user_agent="")
    service.set_password(email("dora"), NEW)
    assert [name for name, _ in out] == ["verify", "hash", "hash", "hash"]
    assert {number for _, number in out} == {0}


def test_changing_the_password_needs_the_current_one(alice: FlaskClient) -> None:
    response = forms.submit(alice, "/account", current="not the password", new=NEW, again=NEW)
    assert response.status_code == 422
    assert "This is not your current password." in response.text


def test_a_new_password_keeps_to_the_rules(alice: FlaskClient) -> None:
    response = forms.submit(alice, "/account", current=PASSWORD, new="short", again="short")
    assert response.status_code == 422
    assert "at least 10 characters" in response.text


def test_after_a_change_the_new_password_opens_and_the_old_one_does_not(alice: FlaskClient, app: Flask) -> None:
    assert forms.submit(alice, "/account", current=PASSWORD, new=NEW, again=NEW).status_code == 303
    other = app.test_client()
    assert forms.submit(other, "/sign-in", email=email("alice"), password=PASSWORD).status_code == 422
    assert forms.submit(other, "/sign-in", email=email("alice"), password=NEW).status_code == 303


def test_changing_the_password_ends_the_session_of_a_copied_cookie(alice: FlaskClient, app: Flask) -> None:
    copy, cookie = app.test_client(), alice.get_cookie("session")
    assert cookie is not None
    copy.set_cookie("session", cookie.value)
    assert copy.get("/account").status_code == 200
    forms.submit(alice, "/account", current=PASSWORD, new=NEW, again=NEW)
    assert copy.get("/account").status_code == 303
    assert alice.get("/account").status_code == 200


@pytest.mark.parametrize(("choice", "left"), [("keep", 1), ("revoke", 0)])
def test_changing_the_password_asks_what_becomes_of_the_tokens(
    alice: FlaskClient, app: Flask, cast: Cast, choice: str, left: int
) -> None:
    people.create_token(app, cast["alice"].id)
    unanswered = forms.submit(alice, "/account", current=PASSWORD, new=NEW, again=NEW)
    assert unanswered.status_code == 422
    assert "Say what becomes of your tokens." in unanswered.text
    assert "a test" in unanswered.text
    assert forms.submit(alice, "/account", current=PASSWORD, new=NEW, again=NEW, tokens=choice).status_code == 303
    with app.app_context():
        assert len(tokens.list_tokens(cast["alice"].id)) == left


def test_changing_the_password_ends_the_sessions_elsewhere(alice: FlaskClient, bob: FlaskClient, app: Flask) -> None:
    elsewhere = forms.sign_in(app.test_client(), "alice")
    forms.submit(alice, "/account", current=PASSWORD, new=NEW, again=NEW)
    assert elsewhere.get("/account").status_code == 303
    assert alice.get("/account").status_code == 200
    assert bob.get("/account").status_code == 200


def test_a_password_that_changes_while_it_is_checked_opens_nothing(
    context: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    matches = passwords.matches

    def slow(password: str, kept: str | None) -> bool:
        monkeypatch.setattr(passwords, "matches", matches)
        service.set_password(email("alice"), NEW)
        return matches(password, kept)

    monkeypatch.setattr(passwords, "matches", slow)
    with pytest.raises(Invalid, match=service.WRONG):
        sign_in("alice", PASSWORD)


def test_a_password_can_be_set_for_nobody_but_a_person_with_an_account(context: Flask) -> None:
    with pytest.raises(NotFound):
        service.set_password(email("nobody"), NEW)

"""A suspended account: no way leads in, a clear sentence for who has shown who they are, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyotp
import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import clock, db
from app.accounts import by_mail, events, factors, links, service, sessions, tokens
from app.accounts.models import account_link, account_session
from app.errors import NotFound
from app.jobs import worker
from app.notes import service as notes
from app.notes import taking_along
from app.notes.drafts import Draft
from devtools.api_client import ApiClient
from devtools.forms import sign_in, submit
from devtools.people import PASSWORD, Cast, create_token, email

SENTENCE = "This account is suspended."


@pytest.fixture
def suspended(app: Flask, cast: Cast) -> int:
    with app.app_context():
        service.suspend(cast["alice"].id)
    return cast["alice"].id


def give_password(app: Flask, password: str = PASSWORD) -> tuple[int, str]:
    answer = submit(app.test_client(), "/sign-in", email=email("alice"), password=password)
    return answer.status_code, answer.text


def test_whoever_has_the_password_is_kept_out_and_reads_why(app: Flask, suspended: int) -> None:
    status, page = give_password(app)
    assert (status, SENTENCE in page) == (403, True)


def test_whoever_guesses_learns_nothing_of_it(app: Flask, suspended: int) -> None:
    status, page = give_password(app, "another password here")
    assert (status, SENTENCE in page, service.WRONG in page) == (422, False, True)


def test_the_sessions_that_there_were_have_ended(app: Flask, alice: FlaskClient, suspended: int) -> None:
    assert alice.get("/notes").status_code == 303


def test_a_session_that_begins_at_the_same_moment_opens_nothing(app: Flask, alice: FlaskClient, suspended: int) -> None:
    with app.app_context(), db.transaction() as connection:
        row = {"account_id": suspended, "digest": sessions.digest("a token"), "user_agent": ""}
        now = clock.now_us()
        connection.execute(account_session.insert(), row | {"created_at": now, "seen_at": now, "expires_at": 2 * now})
        assert sessions.find("a token") is None
        with pytest.raises(sessions.Suspended):
            sessions.start(suspended, "")


def test_a_token_is_refused_with_the_sentence_and_works_again_afterwards(app: Flask, cast: Cast) -> None:
    program = ApiClient(app.test_client(), create_token(app, cast["alice"].id))
    with app.app_context():
        notes.create(cast["alice"].id, Draft("Milk"), "key")
        service.suspend(cast["alice"].id)
    for answer in (program("GET", "/notes"), program("POST", "/notes", json={"title": "x"})):
        assert (answer.status_code, SENTENCE in answer.get_json()["detail"]) == (403, True)
    with app.app_context():
        service.resume(cast["alice"].id)
    assert [item["title"] for item in program("GET", "/notes").get_json()["items"]] == ["Milk"]


def test_the_second_factor_is_asked_for_before_anything_is_said(app: Flask, suspended: int, cast: Cast) -> None:
    with app.app_context():
        service.resume(suspended)
        factors.add_app(cast["alice"], (setup := factors.set_up(cast["alice"])).ticket, "Phone", _code(setup.secret))
        service.suspend(suspended)
    status, page = give_password(app)
    assert (status, SENTENCE in page) == (303, False)


def _code(secret: str) -> str:
    return pyotp.TOTP(secret).generate_otp(clock.now_us() // factors.STEP)


def test_who_comes_back_has_everything_and_sees_what_happened(app: Flask, alice: FlaskClient, suspended: int) -> None:
    give_password(app)
    with app.app_context():
        service.suspend(suspended)
        service.resume(suspended)
        service.resume(suspended)
    told = BeautifulSoup(sign_in(alice, "alice").get("/account/events").data, "html.parser").select(
        "main li div strong"
    )
    assert [one.text for one in told] == ["refused"]
    with app.app_context():
        newest = [event.description for event in events.list_events(suspended)]
    assert newest[:4] == ["Signed in", "The account was opened again", "Signed in", "The account was suspended"]


def test_nobody_else_is_suspended_with_it(app: Flask, bob: FlaskClient, suspended: int) -> None:
    assert bob.get("/notes").status_code == 200


def test_a_new_password_does_not_open_it(app: Flask, suspended: int) -> None:
    with app.app_context():
        service.set_password(email("alice"), "five other words for later")
        assert tokens.list_tokens(suspended) == []
    assert give_password(app, "five other words for later")[0] == 403


@pytest.mark.parametrize("purpose", [links.RECOVER, links.VERIFY, links.CHANGE_ADDRESS])
def test_no_link_that_was_sent_before_opens_or_changes_it(app: Flask, cast: Cast, purpose: str) -> None:
    with app.app_context():
        token = links.create(purpose, "thief@example.org", cast["alice"].id)
        service.suspend(cast["alice"].id)
        with pytest.raises(NotFound):
            links.find(token, purpose)


def test_no_link_is_sent_to_it(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    app = make_app(MAIL_URL=f"folder:{tmp_path / 'mail'}", PUBLIC_URL="http://localhost")
    with app.app_context():
        for person in ("suspended", "open"):
            service.create(f"{person}@example.org", PASSWORD)
        service.suspend(service.find("suspended@example.org").id)
        for person in ("suspended", "open"):
            by_mail.recover(f"{person}@example.org", client="127.0.0.1")
        worker.run_all()
        assert db.read(select(account_link.c.email)).scalars().all() == ["open@example.org"]


@pytest.mark.parametrize("what", ["suspend", "revoke"])
def test_an_export_under_way_is_cut_off(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    monkeypatch.setattr("app.notes.api.SECONDS_UNCHECKED", 0.0)
    owner, token = cast["alice"].id, create_token(app, cast["alice"].id)
    with app.app_context():
        for number in range(3):
            notes.create(owner, Draft(f"Note {number}"), f"key {number}")
    answer = app.test_client().get("/api/v1/export", headers={"Authorization": f"Bearer {token}"}, buffered=False)
    lines = answer.response
    assert b"Note" in next(iter(lines))
    with app.app_context():
        service.suspend(owner) if what == "suspend" else tokens.revoke_all(owner)
    with pytest.raises(ConnectionResetError):
        list(lines)


def test_a_file_of_everything_that_is_written_meanwhile_is_not_sent(
    app: Flask, alice: FlaskClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = taking_along.write

    def suspend_meanwhile(person: Any, target: Any) -> Iterator[None]:
        yield from write(person, target)
        service.suspend(person.id)

    monkeypatch.setattr(taking_along, "write", suspend_meanwhile)
    answer = submit(alice, "/account/export", at="/account")
    assert (answer.status_code, answer.mimetype) == (303, "text/html")

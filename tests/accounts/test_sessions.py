"""Sessions: what the browser holds, what the table holds, and when they end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import select
from statements import heard

from app import db
from app.accounts import sessions
from app.accounts.models import account, account_session
from app.errors import Unavailable
from devtools.forms import sign_in, submit
from devtools.people import PASSWORD, Cast, create_accounts, email

Later = Callable[..., None]


def token(browser: FlaskClient) -> str:
    with browser.session_transaction() as held:
        found: str = held["token"]
        return found


def rows(app: Flask) -> list[Any]:
    with app.app_context():
        return list(db.read(select(account_session)).all())


def test_the_table_holds_a_digest_and_not_the_token(alice: FlaskClient, app: Flask) -> None:
    held = token(alice)
    assert len(held) == 43  # 256 bits in base64
    (row,) = rows(app)
    assert row.digest == sessions.digest(held)
    assert held not in repr(row)


def test_signing_in_leaves_nothing_of_the_session_before(client: FlaskClient, cast: Cast) -> None:
    client.get("/sign-in")
    with client.session_transaction() as held:
        held["planted"] = "by somebody else"
        before = held["csrf_token"]
    sign_in(client, "alice")
    with client.session_transaction() as held:
        assert "planted" not in held
        assert held.get("csrf_token") != before


def test_every_sign_in_gets_a_token_of_its_own(client: FlaskClient, app: Flask, cast: Cast) -> None:
    assert token(sign_in(client, "alice")) != token(sign_in(app.test_client(), "alice"))


def test_a_session_ends_after_ninety_days_however_often_it_is_used(alice: FlaskClient, later: Later) -> None:
    for _ in range(8):
        later(days=11)
        assert alice.get("/account").status_code == 200
    later(days=2, minutes=1)
    assert alice.get("/account").status_code == 303


def test_a_session_ends_after_fourteen_days_without_use(
    alice: FlaskClient, app: Flask, cast: Cast, later: Later
) -> None:
    later(days=13, hours=23)
    assert alice.get("/account").status_code == 200
    later(days=14)
    with app.app_context():
        assert sessions.list_sessions(cast["alice"].id, "") == []
    assert alice.get("/account").status_code == 303


def test_the_operator_says_how_long_sessions_last(make_app: Callable[..., Flask], later: Later) -> None:
    app = make_app(SESSION_IDLE_DAYS="1", SESSION_DAYS="2")
    create_accounts(app)
    browser = sign_in(app.test_client(), "alice")
    later(hours=25)
    assert browser.get("/account").status_code == 303
    sign_in(browser, "alice")
    for _ in range(2):
        later(hours=23)
        assert browser.get("/account").status_code == 200
    later(hours=3)
    assert browser.get("/account").status_code == 303


def test_who_does_not_stay_signed_in_is_signed_out_with_the_browser_and_after_a_day(
    client: FlaskClient, cast: Cast, later: Later
) -> None:
    answer = submit(client, "/sign-in", email=email("alice"), password=PASSWORD)
    [cookie] = [sent for sent in answer.headers.getlist("Set-Cookie") if sent.startswith("session=")]
    assert "Expires" not in cookie
    later(hours=23)
    assert client.get("/account").status_code == 200
    later(hours=1)
    assert client.get("/account").status_code == 303


def test_the_moment_last_seen_is_written_once_an_hour(alice: FlaskClient, app: Flask, later: Later) -> None:
    (start,) = rows(app)
    later(minutes=59)
    alice.get("/account")
    assert rows(app) == [start]
    later(minutes=2)
    alice.get("/account")
    (seen,) = rows(app)
    assert seen.seen_at > start.seen_at
    assert seen.expires_at == start.expires_at


def test_a_page_opens_while_the_database_takes_no_writes(
    alice: FlaskClient, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(hours=2)

    def read_only() -> None:
        raise Unavailable

    monkeypatch.setattr(db, "transaction", read_only)
    assert alice.get("/account").status_code == 200


def test_signing_in_sweeps_up_the_expired_sessions(app: Flask, cast: Cast, later: Later) -> None:
    sign_in(app.test_client(), "alice")
    sign_in(app.test_client(), "alice")
    later(days=91)
    sign_in(app.test_client(), "alice")
    assert len(rows(app)) == 1


def test_who_asks_is_looked_up_with_one_statement_a_request(alice: FlaskClient, app: Flask) -> None:
    cookie = {"Cookie": f"session={alice.get_cookie('session').value}"}  # type: ignore[union-attr]  # it is there
    with heard() as statements, app.test_request_context(headers=cookie):
        assert sessions.load() is sessions.load() is g.account
        account = sessions.load()
        assert account
        assert account.email == email("alice")
    assert len(statements) == 1


def test_without_a_cookie_the_database_is_not_asked(app: Flask) -> None:
    with app.test_request_context():
        assert sessions.load() is None
        assert "connection" not in g


@pytest.mark.parametrize("cookie", ["", "x", "eyJ0b2tlbiI6ImEifQ.aaaa.bbbb"])
def test_a_cookie_that_we_did_not_sign_opens_nothing(client: FlaskClient, cookie: str) -> None:
    client.set_cookie("session", cookie)
    assert client.get("/account").status_code == 303


def test_the_account_page_lists_where_one_is_signed_in(alice: FlaskClient, app: Flask, bob: FlaskClient) -> None:
    fields = {"email": email("alice"), "password": PASSWORD}
    phone = app.test_client()
    phone.environ_base["HTTP_USER_AGENT"] = "<b>Phone</b>"
    submit(phone, "/sign-in", **fields)
    places = BeautifulSoup(alice.get("/account").data, "html.parser").select("main li")
    assert len(places) == 2
    assert sum("(here)" in place.text for place in places) == 1
    assert sum("<b>Phone</b>" in place.text for place in places) == 1


def test_one_click_signs_out_everywhere_else(alice: FlaskClient, bob: FlaskClient, app: Flask) -> None:
    elsewhere = sign_in(app.test_client(), "alice")
    assert submit(alice, "/account/sign-out-others", at="/account").status_code == 303
    assert elsewhere.get("/account").status_code == 303
    assert alice.get("/account").status_code == 200
    assert bob.get("/account").status_code == 200


def test_deleting_an_account_deletes_its_sessions(alice: FlaskClient, app: Flask, cast: Cast) -> None:
    with app.app_context(), db.transaction() as connection:
        connection.execute(account.delete().where(account.c.id == cast["alice"].id))
    assert rows(app) == []
    assert alice.get("/account").status_code == 303

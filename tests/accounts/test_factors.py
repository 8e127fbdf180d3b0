"""The second factor: asked for beside the password, good once, lost and found again, and required where that is set."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pyotp
import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from on_databases import on_sqlite
from sqlalchemy import text
from werkzeug.test import TestResponse

from app import clock, db
from app.accounts import by_mail, factors, links, service
from app.errors import AppError, Invalid, NotFound
from devtools.forms import csrf_token, sign_in, submit
from devtools.people import PASSWORD, Cast, create_accounts, email

Later = Callable[..., None]
SET_UP, FACTORS, CODE = "/account/factors/app", "/account/factors", "/sign-in/second-factor"
NEW = "five other words for later"


def code(secret: str, steps: int = 0) -> str:
    """Return what the app shows, so many steps from now."""
    return pyotp.TOTP(secret).generate_otp(clock.now_us() // factors.STEP + steps)


def add_app(browser: FlaskClient, name: str = "Phone") -> tuple[str, list[str]]:
    """Add an app as somebody does who reads its secret from the page; return the secret and the recovery codes."""
    page = BeautifulSoup(browser.get(SET_UP).data, "html.parser")
    secret, ticket = page.select_one("#secret"), page.select_one("input[name=ticket]")
    assert secret is not None
    assert ticket is not None
    fields = {"csrf_token": csrf_token(browser, SET_UP), "ticket": ticket["value"], "name": name}
    answer = browser.post(SET_UP, data={**fields, "code": code(secret.text)})
    assert answer.status_code == 200, answer.text
    return secret.text, re.findall(r"<li><code>(.*?)</code>", answer.text)


@pytest.fixture(autouse=True)
def begin_with_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a step of the codes have just begun: none ends between a code that is shown and its use."""
    real, before = clock.now_us, clock.now_us() % factors.STEP
    monkeypatch.setattr(clock, "now_us", lambda: real() - before)


@pytest.fixture
def secret(alice: FlaskClient, later: Later) -> str:
    """The secret of Alice's app; the code with which she set it up is no longer shown."""
    made, _ = add_app(alice)
    later(minutes=2)
    return made


def give_password(browser: FlaskClient, password: str = PASSWORD) -> TestResponse:
    return submit(browser, "/sign-in", email=email("alice"), password=password)


def give_code(browser: FlaskClient, typed: str) -> int:
    """Sign in with the password and this code; return the status of the last answer."""
    assert give_password(browser).headers["Location"] == CODE
    return submit(browser, CODE, code=typed).status_code


def is_in(browser: FlaskClient) -> bool:
    return browser.get("/account").status_code == 200


# --- Signing in --------------------------------------------------------------------------------------------------


def test_the_password_alone_opens_nothing(app: Flask, secret: str) -> None:
    browser = app.test_client()
    assert give_password(browser).status_code == 303
    assert not is_in(browser)
    assert give_code(browser, code(secret)) == 303
    assert is_in(browser)


def test_whether_there_is_a_second_factor_is_not_told_without_the_password(app: Flask, secret: str) -> None:
    browser = app.test_client()
    answer = give_password(browser, "not the password")
    assert answer.status_code == 422
    assert service.WRONG in answer.text
    assert browser.get(CODE).headers["Location"].startswith("/sign-in")


def test_a_code_is_good_once(app: Flask, secret: str) -> None:
    typed = code(secret)
    assert give_code(app.test_client(), typed) == 303
    assert give_code(app.test_client(), typed) == 422
    assert give_code(app.test_client(), code(secret, -1)) == 422  # an older one, neither


@pytest.mark.parametrize(("steps", "status"), [(-2, 422), (-1, 303), (0, 303), (1, 303), (2, 422)])
def test_a_clock_may_be_wrong_by_half_a_minute(app: Flask, secret: str, steps: int, status: int) -> None:
    assert give_code(app.test_client(), code(secret, steps)) == status


def test_of_several_who_send_one_code_at_once_one_is_signed_in(app: Flask, cast: Cast, secret: str) -> None:
    typed, tickets = code(secret), []
    with app.app_context():
        for _ in range(4):
            with pytest.raises(service.SecondFactorNeeded) as needed:
                service.sign_in(email("alice"), PASSWORD, client="", user_agent="")
            tickets.append(needed.value.ticket)

    def send(ticket: str) -> str:
        with app.app_context():
            try:
                service.give_code(ticket, typed, user_agent="")
            except AppError:
                return "refused"
            return "in"

    with ThreadPoolExecutor(4) as pool:
        assert Counter(pool.map(send, tickets)) == {"in": 1, "refused": 3}


def test_codes_can_be_guessed_five_times_in_fifteen_minutes(app: Flask, secret: str) -> None:
    browser = app.test_client()
    give_password(browser)
    wrong = f"{(int(code(secret)) + 1) % 1_000_000:06}"
    assert [submit(browser, CODE, code=wrong).status_code for _ in range(7)] == [422] * 5 + [429] * 2
    assert submit(browser, CODE, code=code(secret)).status_code == 429


def test_a_password_given_long_ago_does_not_suffice_for_a_code(
    app: Flask, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = app.test_client()
    give_password(browser)
    monkeypatch.setattr(service, "SECONDS_FOR_CODE", -1)
    assert submit(browser, CODE, code=code(secret)).headers["Location"].startswith("/sign-in")
    assert not is_in(browser)


def test_a_password_that_was_changed_meanwhile_does_not_suffice_for_a_code(app: Flask, secret: str) -> None:
    browser = app.test_client()
    give_password(browser)
    with app.app_context():
        service.set_password(email("alice"), NEW)
    submit(browser, CODE, code=code(secret))
    assert not is_in(browser)


def test_a_new_password_by_mail_does_not_switch_the_second_factor_off(app: Flask, cast: Cast, secret: str) -> None:
    with app.app_context():
        token = links.create(links.RECOVER, email("alice"), cast["alice"].id)
        assert by_mail.choose_password(token, NEW, user_agent="") is None
    browser = app.test_client()
    assert give_password(browser, NEW).headers["Location"] == CODE
    assert not is_in(browser)


# --- Recovery codes ----------------------------------------------------------------------------------------------


def test_each_of_ten_recovery_codes_opens_the_account_once(app: Flask, alice: FlaskClient) -> None:
    _, codes = add_app(alice)
    assert len(set(codes)) == 10
    assert all(codes[0] not in alice.get(FACTORS).text for _ in range(2))
    browser = app.test_client()
    assert give_code(browser, codes[3].upper().replace("-", " ")) == 303
    assert give_code(app.test_client(), codes[3]) == 422
    assert "You have 9 left" in alice.get(FACTORS).text


def test_new_recovery_codes_replace_the_old_ones(app: Flask, alice: FlaskClient) -> None:
    _, old = add_app(alice)
    answer = submit(alice, f"{FACTORS}/codes", at=FACTORS)
    new = re.findall(r"<li><code>(.*?)</code>", answer.text)
    assert give_code(app.test_client(), old[0]) == 422
    assert give_code(app.test_client(), new[0]) == 303


def test_the_database_holds_no_recovery_code(app: Flask, alice: FlaskClient) -> None:
    _, codes = add_app(alice)
    with app.app_context():
        rows = repr(db.read(text("SELECT * FROM account_factor")).all())
    assert not any(typed in rows or typed.replace("-", "") in rows for typed in codes)


# --- Adding and removing -----------------------------------------------------------------------------------------


def test_the_picture_is_part_of_the_page_and_has_no_style(alice: FlaskClient) -> None:
    page = BeautifulSoup(alice.get(SET_UP).data, "html.parser")
    picture = page.select_one("svg.qr")
    assert picture is not None
    assert not picture.select("[style], style, script, image")
    assert not picture.has_attr("style")


def test_an_app_that_shows_another_code_is_not_added(alice: FlaskClient) -> None:
    page = BeautifulSoup(alice.get(SET_UP).data, "html.parser")
    ticket = str(page.select("input[name=ticket]")[0]["value"])
    answer = submit(alice, SET_UP, ticket=ticket, name="Phone", code="000000")
    assert answer.status_code == 422
    assert page.select("#secret")[0].text in answer.text  # the picture that was read stays good
    assert "Phone" not in alice.get(FACTORS).text


def test_an_app_whose_form_is_sent_twice_is_added_once(context: Flask, cast: Cast) -> None:
    setup = factors.set_up(cast["alice"])
    sent = cast["alice"], setup.ticket, "Phone", code(setup.secret)
    assert len(factors.add_app(*sent)) == factors.CODES
    assert factors.add_app(*sent) == []
    assert len(factors.list_factors(cast["alice"].id)) == 1


def test_a_ticket_is_refused_for_another_account(context: Flask, cast: Cast) -> None:
    setup = factors.set_up(cast["bob"])
    with pytest.raises(NotFound):
        factors.add_app(cast["alice"], setup.ticket, "Phone", code(setup.secret))


@pytest.mark.parametrize("path", [SET_UP, f"{FACTORS}/codes", f"{FACTORS}/1/remove"])
def test_whoever_has_only_a_cookie_changes_no_factor(alice: FlaskClient, later: Later, path: str) -> None:
    later(minutes=10)
    assert submit(alice, path, at=FACTORS).status_code == 401


def test_without_factors_the_password_suffices_again(app: Flask, alice: FlaskClient) -> None:
    add_app(alice)
    [form] = BeautifulSoup(alice.get(FACTORS).data, "html.parser").find_all(
        "form", action=lambda at: at and at.endswith("/remove")
    )
    assert submit(alice, str(form["action"]), at=FACTORS).status_code == 303
    browser = app.test_client()
    give_password(browser)
    assert is_in(browser)
    with app.app_context():
        assert db.read(text("SELECT * FROM account_factor")).all() == []


@on_sqlite
def test_a_factor_is_renamed_by_its_owner_and_a_bad_name_stays_in_its_field(
    app: Flask, alice: FlaskClient, bob: FlaskClient, cast: Cast
) -> None:
    add_app(alice)
    with app.app_context():
        [factor] = factors.list_factors(cast["alice"].id)
    path = f"/account/factors/{factor.id}/rename"
    assert submit(bob, path, at="/account/factors", name="Mine").status_code == 404
    assert submit(alice, path, at="/account/factors", name=" Old  phone ").status_code == 303
    assert "<strong>Old phone</strong>" in alice.get("/account/factors").text
    assert submit(alice, path, at="/account/factors", name="Old phone").status_code == 303
    refused = submit(alice, path, at="/account/factors", name="a" * 81)
    assert refused.status_code == 422
    assert f'value="{"a" * 81}"' in refused.text
    assert "<strong>Old phone</strong>" in refused.text


def test_nobody_removes_the_factor_of_somebody_else(app: Flask, cast: Cast, secret: str) -> None:
    with app.app_context():
        [factor] = factors.list_factors(cast["alice"].id)
        with pytest.raises(NotFound):
            factors.remove(cast["bob"].id, factor.id)
        assert factors.are_asked_of(cast["alice"].id)


def test_factors_added_at_once_are_ten_at_most(app: Flask, cast: Cast) -> None:
    person = cast["alice"]

    def add(number: int) -> str:
        with app.app_context():
            setup = factors.set_up(person)
            try:
                factors.add_app(person, setup.ticket, f"{number}", code(setup.secret))
            except Invalid:
                return "refused"
            return "added"

    with ThreadPoolExecutor(4) as pool:  # fewer than there are connections
        assert Counter(pool.map(add, range(14))) == {"added": 10, "refused": 4}


def test_the_operator_resets_the_factors_of_who_has_lost_them(app: Flask, secret: str) -> None:
    result = app.test_cli_runner().invoke(args=["accounts", "reset-factors", email("alice")])
    assert result.output == "1 factor removed; the password alone opens the account now.\n"
    browser = app.test_client()
    give_password(browser)
    assert is_in(browser)


# --- Required ----------------------------------------------------------------------------------------------------


def test_where_everybody_needs_a_factor_nobody_gets_further_without_one(make_app: Callable[..., Flask]) -> None:
    app = make_app(REQUIRE_SECOND_FACTOR="1")
    create_accounts(app)
    browser = sign_in(app.test_client(), "alice")
    for path in ("/notes", "/account", "/account/tokens"):
        assert browser.get(path).headers["Location"] == FACTORS
    add_app(browser)
    assert browser.get("/notes").status_code == 200


def test_where_everybody_needs_a_factor_the_last_one_stays(make_app: Callable[..., Flask]) -> None:
    app = make_app(REQUIRE_SECOND_FACTOR="1")
    cast = create_accounts(app)
    add_app(sign_in(app.test_client(), "alice"))
    with app.app_context():
        [factor] = factors.list_factors(cast["alice"].id)
        with pytest.raises(Invalid):
            factors.remove(cast["alice"].id, factor.id)

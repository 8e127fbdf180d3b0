"""What happens by mail: signing up, recovering, verifying and changing the address, word of each change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from flask import Flask
from flask.testing import FlaskClient
from mails import link, mails, settings
from sqlalchemy import text
from statements import heard

from app import db
from app.accounts import by_mail, links, passwords, service
from app.accounts.sessions import Account
from app.errors import AppError, TooMany
from devtools.forms import sign_in, submit
from devtools.people import PASSWORD, Cast, email

Later = Callable[..., None]
NEW = "five other words for later"


@pytest.fixture
def app(make_app: Callable[..., Flask], tmp_path: Path) -> Flask:
    return make_app(**settings(tmp_path / "mail"))


def asked(client: FlaskClient, page: str, address: str) -> tuple[int, str]:
    """Return the answer to an address on the page, without the address."""
    answer = submit(client, page, email=address)
    return answer.status_code, answer.text.replace(address, "ADDRESS")


def link_to(app: Flask, client: FlaskClient, page: str, address: str) -> str:
    """Ask for a mail and return the link in it."""
    assert asked(client, page, address)[0] == 200
    [mail] = mails(app)
    assert mail["To"] == address
    return link(mail)


def choose(client: FlaskClient, at: str, password: str = NEW) -> int:
    return submit(client, at, password=password, again=password).status_code


# --- Signing up and recovering -----------------------------------------------------------------------------------


def test_signing_up_leads_over_a_mail_to_an_account_with_a_verified_address(app: Flask, client: FlaskClient) -> None:
    at = link_to(app, client, "/sign-up", email("dora"))
    assert choose(client, at) == 303
    page = client.get("/account").text
    assert email("dora") in page
    assert "Nobody knows yet" not in page


def test_a_forgotten_password_is_replaced_and_every_session_ends(app: Flask, alice: FlaskClient) -> None:
    browser = app.test_client()
    at = link_to(app, browser, "/recover", email("alice"))
    assert choose(browser, at) == 303
    assert alice.get("/account").status_code == 303
    assert browser.get("/account").status_code == 303  # the password, and a second factor, are asked for
    assert submit(browser, "/sign-in", email=email("alice"), password=NEW).status_code == 303
    assert [mail["Subject"] for mail in mails(app)] == ["Your password was changed"]


@pytest.mark.parametrize("page", ["/sign-up", "/recover"])
def test_the_answer_and_the_work_are_the_same_whether_or_not_there_is_an_account(
    app: Flask, cast: Cast, page: str
) -> None:
    answers, statements = [], []
    for address in ("alice@example.org", "nobod@example.org"):
        browser = app.test_client()
        browser.get(page)
        with heard() as sent:
            answers.append(asked(browser, page, address))
        statements.append([statement for statement, _ in sent])
    assert answers[0] == answers[1]
    assert statements[0] == statements[1]
    assert len(statements[0]) > 2


def test_who_signs_up_with_a_taken_address_finds_a_way_in_by_mail(app: Flask, client: FlaskClient, cast: Cast) -> None:
    asked(client, "/sign-up", email("alice"))
    [mail] = mails(app)
    assert mail["Subject"] == "You have an account already"
    assert choose(client, link(mail)) == 303
    assert submit(client, "/sign-in", email=email("alice"), password=NEW).status_code == 303


def test_nobody_without_an_account_gets_a_mail_about_a_forgotten_password(app: Flask, client: FlaskClient) -> None:
    asked(client, "/recover", email("nobody"))
    assert mails(app) == []


def test_a_link_is_good_once(app: Flask, client: FlaskClient, cast: Cast) -> None:
    at = link_to(app, client, "/recover", email("alice"))
    assert choose(client, at) == 303
    assert client.get(at).status_code == 404
    assert client.post(at, data={"password": NEW, "again": NEW}).status_code in {400, 404}
    assert (
        submit(client, at, at="/sign-in", password="another one of them", again="another one of them").status_code
        == 404
    )


def test_a_link_ends_after_half_an_hour(app: Flask, client: FlaskClient, cast: Cast, later: Later) -> None:
    at = link_to(app, client, "/recover", email("alice"))
    later(minutes=29)
    assert client.get(at).status_code == 200
    later(minutes=1)
    assert client.get(at).status_code == 404


def test_looking_at_a_link_does_not_use_it_up(app: Flask, client: FlaskClient, cast: Cast) -> None:
    at = link_to(app, client, "/recover", email("alice"))
    for _ in range(3):
        assert client.get(at).status_code == 200
    assert choose(client, at, "short") == 422
    assert choose(client, at) == 303


def test_of_two_who_use_one_link_at_once_one_gets_through(
    app: Flask, client: FlaskClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = link_to(app, client, "/recover", email("alice")).partition("token=")[2]
    both_have_seen_it = Barrier(2)

    def choose_password(number: int) -> str:
        with app.app_context():
            try:
                by_mail.choose_password(token, f"{NEW} {number}", user_agent="")
            except AppError:
                return "refused"
            return "chosen"

    monkeypatch.setattr(passwords, "fault", lambda *_: both_have_seen_it.wait(20) and None)
    with ThreadPoolExecutor(2) as pool:
        assert Counter(pool.map(choose_password, range(2))) == {"chosen": 1, "refused": 1}


def test_a_new_password_ends_other_links(app: Flask, alice: FlaskClient) -> None:
    browser = app.test_client()
    at = link_to(app, browser, "/recover", email("alice"))
    assert submit(alice, "/account", current=PASSWORD, new=NEW, again=NEW).status_code == 303
    assert browser.get(at).status_code == 404


def test_mails_that_anybody_can_ask_for_are_few(app: Flask, client: FlaskClient, cast: Cast) -> None:
    for name in ("alice", "nobody"):
        assert [asked(client, "/recover", email(name))[0] for _ in range(4)] == [200] * 3 + [429]
    with app.app_context():
        for number in range(10):
            by_mail.recover(email(f"name{number}"), client="192.0.2.9")
        with pytest.raises(TooMany):
            by_mail.recover(email("one-more"), client="192.0.2.9")


def test_the_database_does_not_know_the_token_of_a_link(app: Flask, context: Flask) -> None:
    token = links.create(links.SIGN_UP, email("dora"))
    assert token not in repr(db.read(text("SELECT * FROM account_link")).all())


def test_where_sign_up_closes_meanwhile_the_link_makes_no_account(app: Flask, client: FlaskClient, cast: Cast) -> None:
    at = link_to(app, client, "/sign-up", email("dora"))
    app.config["SIGN_UP"] = "closed"
    assert choose(client, at) == 403


def test_without_mail_the_page_says_whom_to_ask(make_app: Callable[..., Flask]) -> None:
    page = make_app().test_client().get("/recover").text
    assert "flask accounts set-password" in page
    assert "<input" not in page.partition("<main")[2]


# --- The address -------------------------------------------------------------------------------------------------


def test_an_address_is_verified_by_a_link(app: Flask, alice: FlaskClient) -> None:
    assert "Nobody knows yet" in alice.get("/account").text
    assert submit(alice, "/account/verify-address", at="/account").status_code == 303
    [mail] = mails(app)
    assert submit(app.test_client(), link(mail)).status_code == 303
    assert "Nobody knows yet" not in alice.get("/account").text


def change_address(app: Flask, browser: FlaskClient, new: str) -> str:
    """Ask for another address and return the link; the old address is told."""
    assert submit(browser, "/account/address", email=new).status_code == 303
    by_address = {mail["To"]: mail for mail in mails(app)}
    assert by_address[email("alice")]["Subject"] == "Your address is to be changed"
    return link(by_address[new])


def test_an_address_is_changed_by_a_link_in_the_new_mailbox_and_the_old_one_is_told(
    app: Flask, alice: FlaskClient
) -> None:
    at = change_address(app, alice, "new@example.org")
    assert email("alice") in alice.get("/account").text
    assert submit(app.test_client(), at).status_code == 303
    assert "new@example.org" in alice.get("/account").text
    assert [(mail["To"], mail["Subject"]) for mail in mails(app)] == [(email("alice"), "Your address was changed")]
    assert submit(app.test_client(), "/sign-in", email="new@example.org", password=PASSWORD).status_code == 303


def test_links_to_the_old_address_open_nothing_after_a_change(app: Flask, alice: FlaskClient) -> None:
    recovering = link_to(app, app.test_client(), "/recover", email("alice"))
    submit(app.test_client(), change_address(app, alice, "new@example.org"))
    assert app.test_client().get(recovering).status_code == 404


def test_a_new_password_stops_a_change_of_the_address(app: Flask, alice: FlaskClient) -> None:
    at = change_address(app, alice, "mallory@example.org")
    submit(alice, "/account", current=PASSWORD, new=NEW, again=NEW)
    assert app.test_client().get(at).status_code == 404


def test_whose_address_somebody_wants_is_not_told_to_them(app: Flask, alice: FlaskClient, bob: FlaskClient) -> None:
    at = change_address(app, alice, email("bob"))
    answer = submit(app.test_client(), at)
    assert answer.status_code == 422
    assert service.TAKEN in answer.text
    assert email("bob") in bob.get("/account").text


def test_a_change_of_the_address_asks_for_the_password(app: Flask, alice: FlaskClient, later: Later) -> None:
    later(minutes=10)
    assert submit(alice, "/account/address", email="new@example.org").status_code == 401
    assert mails(app) == []
    assert submit(alice, "/account/address", email="new@example.org", proof=PASSWORD).status_code == 303


def test_without_mail_an_address_is_changed_at_once(make_app: Callable[..., Flask]) -> None:
    app = make_app()
    with app.app_context():
        alice: Account = service.create(email("alice"), PASSWORD)
        assert alice
    browser = sign_in(app.test_client(), "alice")
    assert submit(browser, "/account/address", email="new@example.org").status_code == 303
    assert "new@example.org" in browser.get("/account").text


# --- Word of changes ---------------------------------------------------------------------------------------------


def test_a_new_token_is_told_by_mail_without_the_token(app: Flask, alice: FlaskClient) -> None:
    page = submit(alice, "/account/tokens", name="backup", scope="write")
    [mail] = mails(app)
    assert mail["Subject"] == "A new API token"
    assert '"backup"' in mail.get_content()
    assert "read and write" in mail.get_content()
    assert page.text.partition('value="notes_')[2][:20] not in mail.get_content()

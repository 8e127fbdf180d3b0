"""Passkeys: as second factor, in place of the password, as proof; what is signed is verified, and good once."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cbor2
import pytest
from authenticators import PRESENT, WITH_KEY, Authenticator
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from mails import SITE, mails
from mails import settings as mail_settings
from sqlalchemy import text
from webauthn.helpers import bytes_to_base64url
from werkzeug.test import TestResponse

from app import db
from app.accounts import events, factors, passkeys, service
from app.accounts.passkeys import Asker, Reply, Site
from app.errors import Invalid, NotFound
from devtools.forms import csrf_token, sign_in, submit
from devtools.people import PASSWORD, Cast, create_accounts, email

Later = Callable[..., None]
FACTORS, ADD, SIGN_IN, CODE = (
    "/account/factors",
    "/account/factors/passkey",
    "/sign-in/passkey",
    "/sign-in/second-factor",
)
PROXY = {"X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/below"}
ASKER = Asker(Site("localhost", "http://localhost"), "a browser")


def ask(browser: FlaskClient, path: str) -> dict[str, Any]:
    """Return a question as a page's script gets it; the page, which such a script needs, was opened before."""
    answer = browser.get(f"{path}/question")
    assert answer.status_code == 200, answer.text
    return dict(answer.json or {})


def add(browser: FlaskClient, device: Authenticator, name: str = "Phone") -> TestResponse:
    token = csrf_token(browser, FACTORS)
    question = ask(browser, ADD)
    fields = {"name": name, "ticket": question["ticket"], "passkey": device.create(question["publicKey"])}
    return browser.post(ADD, data={"csrf_token": token, **fields})


@pytest.fixture
def phone(alice: FlaskClient) -> Authenticator:
    """Alice's phone, which holds a passkey of hers."""
    device = Authenticator()
    assert add(alice, device).status_code == 200
    return device


def answer(browser: FlaskClient, device: Authenticator, path: str = SIGN_IN, at: str = "/sign-in") -> TestResponse:
    """Sign in as a page does."""
    token = csrf_token(browser, at)
    question = ask(browser, path if path == SIGN_IN else CODE)
    fields = {"ticket": question["ticket"], "passkey": device.get(question["publicKey"]), "stay": "y"}
    return browser.post(path, data={"csrf_token": token, **fields})


def give_password(browser: FlaskClient) -> FlaskClient:
    assert submit(browser, "/sign-in", email=email("alice"), password=PASSWORD).headers["Location"] == CODE
    return browser


def give_passkey(browser: FlaskClient, device: Authenticator) -> bool:
    """Give the password, then the passkey; return whether that opened the account."""
    answer(give_password(browser), device, f"{CODE}/passkey", CODE)
    return is_in(browser)


def is_in(browser: FlaskClient) -> bool:
    return browser.get("/account").status_code == 200


def refusals(app: Flask, cast: Cast) -> list[str]:
    with app.app_context():
        return [event.description for event in events.list_events(cast["alice"].id) if event.result]


# --- Second factor -----------------------------------------------------------------------------------------------


def test_a_passkey_is_a_second_factor(app: Flask, phone: Authenticator) -> None:
    browser = give_password(app.test_client())
    assert not is_in(browser)
    assert "Use a passkey" in browser.get(CODE).text
    assert give_passkey(app.test_client(), phone)


def test_the_first_factor_comes_with_recovery_codes_and_the_next_without(app: Flask, alice: FlaskClient) -> None:
    codes = re.findall(r"<li><code>(.*?)</code>", add(alice, Authenticator()).text)
    assert len(codes) == 10
    assert add(alice, Authenticator(), "Key").status_code == 303
    assert all(name in alice.get(FACTORS).text for name in ("Phone", "Key", "You have 10 left"))
    browser = give_password(app.test_client())
    submit(browser, CODE, code=codes[0])
    assert is_in(browser)


def test_as_second_factor_it_need_not_know_its_owner(app: Flask, phone: Authenticator) -> None:
    phone.flags, phone.handle = PRESENT, None
    assert give_passkey(app.test_client(), phone)


def test_the_passkey_of_somebody_else_is_no_second_factor(app: Flask, phone: Authenticator, bob: FlaskClient) -> None:
    other = Authenticator()
    add(bob, other)
    assert not give_passkey(app.test_client(), other)


def test_passkeys_are_tried_five_times_in_fifteen_minutes_beside_the_password(app: Flask, phone: Authenticator) -> None:
    browser = give_password(app.test_client())
    wrong = Authenticator(credential_id=phone.credential_id)
    tries = [answer(browser, wrong, f"{CODE}/passkey", CODE).status_code for _ in range(6)]
    assert tries == [303] * 5 + [429]
    assert not give_passkey(app.test_client(), phone)


def test_a_password_that_was_changed_meanwhile_does_not_suffice(app: Flask, phone: Authenticator) -> None:
    browser = give_password(app.test_client())
    token, question = csrf_token(browser, CODE), ask(browser, CODE)
    with app.app_context():
        service.set_password(email("alice"), "five other words for later")
    fields = {"ticket": question["ticket"], "passkey": phone.get(question["publicKey"])}
    assert browser.post(f"{CODE}/passkey", data={"csrf_token": token, **fields}).headers["Location"] == "/sign-in"
    assert not is_in(browser)


# --- In place of the password ------------------------------------------------------------------------------------


def test_a_passkey_that_knows_its_owner_opens_the_account_alone(app: Flask, phone: Authenticator) -> None:
    browser = app.test_client()
    assert answer(browser, phone).headers["Location"] == "/notes"
    assert is_in(browser)
    assert "Signed in with a passkey" in browser.get("/account/events").text


def test_it_says_which_browser_may_ask_for_no_address(app: Flask, client: FlaskClient) -> None:
    client.get("/sign-in")
    question = ask(client, SIGN_IN)["publicKey"]
    assert question["allowCredentials"] == []
    assert question["userVerification"] == "required"


def no_verification(device: Authenticator) -> None:
    device.flags = PRESENT


def nobody_present(device: Authenticator) -> None:
    device.flags = 0


def other_origin(device: Authenticator) -> None:
    device.origin = "http://localhost.evil.example"


def other_port(device: Authenticator) -> None:
    device.origin = "http://localhost:8080"


def other_key(device: Authenticator) -> None:
    device.key = Authenticator().key


def other_owner(device: Authenticator) -> None:
    device.handle = Authenticator(handle="AAAA").handle


def no_owner(device: Authenticator) -> None:
    device.handle = None


def unknown(device: Authenticator) -> None:
    device.credential_id = b"unknown"


FAULTS = [no_verification, nobody_present, other_origin, other_port, other_key, other_owner, no_owner, unknown]


@pytest.mark.parametrize("fault", FAULTS)
def test_every_wrong_passkey_gets_the_same_refusal(
    app: Flask, phone: Authenticator, fault: Callable[[Authenticator], None]
) -> None:
    fault(phone)
    browser = app.test_client()
    assert answer(browser, phone).headers["Location"] == "/sign-in"
    assert not is_in(browser)
    assert passkeys.REFUSED in browser.get("/sign-in").text


def test_a_refusal_is_among_what_its_owner_sees(app: Flask, cast: Cast, phone: Authenticator) -> None:
    other_key(phone)
    answer(app.test_client(), phone)
    assert refusals(app, cast) == ["Signed in with a passkey"]


def test_a_stranger_may_try_one_passkey_ten_times_whether_it_is_known_or_not(app: Flask, phone: Authenticator) -> None:
    for device in (Authenticator(credential_id=phone.credential_id), Authenticator()):
        tries = [answer(app.test_client(), device).status_code for _ in range(11)]
        assert tries == [303] * 10 + [429]


def test_guessed_passwords_keep_no_passkey_out(app: Flask, phone: Authenticator) -> None:
    for _ in range(11):
        submit(app.test_client(), "/sign-in", email=email("alice"), password="not the password")
    browser = app.test_client()
    answer(browser, phone)
    assert is_in(browser)


def test_who_does_not_want_to_stay_is_signed_out_with_the_browser(app: Flask, phone: Authenticator) -> None:
    browser = app.test_client()
    question, token = ask(browser, SIGN_IN), csrf_token(browser, "/sign-in")
    fields = {"ticket": question["ticket"], "passkey": phone.get(question["publicKey"])}
    sent = browser.post(SIGN_IN, data={"csrf_token": token, **fields})
    assert "Expires" not in next(cookie for cookie in sent.headers.getlist("Set-Cookie") if "session=" in cookie)


# --- Good once ---------------------------------------------------------------------------------------------------


def test_an_answer_is_good_once(app: Flask, phone: Authenticator) -> None:
    phone.count = -1  # it does not count: nothing but the challenge tells them apart
    browser = app.test_client()
    token, question = csrf_token(browser, "/sign-in"), ask(browser, SIGN_IN)
    fields = {"csrf_token": token, "ticket": question["ticket"], "passkey": phone.get(question["publicKey"])}
    before = browser.get_cookie("session")
    assert before is not None
    assert browser.post(SIGN_IN, data=fields).headers["Location"] == "/notes"
    again = app.test_client()
    again.set_cookie("session", before.value)
    assert again.post(SIGN_IN, data=fields).headers["Location"] == "/sign-in"
    assert not is_in(again)


def test_of_those_who_send_one_answer_at_once_one_gets_in(app: Flask, phone: Authenticator) -> None:
    phone.count = -1
    with app.app_context():
        question = passkeys.ask(passkeys.SIGN_IN, ASKER)
    reply = Reply(question.ticket, phone.get(question.options), ASKER)

    def send(_number: int) -> str:
        with app.app_context():
            try:
                service.sign_in_with_passkey(reply, client="", user_agent="")
            except Invalid:
                return "refused"
            return "in"

    with ThreadPoolExecutor(4) as pool:
        assert Counter(pool.map(send, range(4))) == {"in": 1, "refused": 3}


def test_a_question_is_good_for_five_minutes(app: Flask, phone: Authenticator, monkeypatch: pytest.MonkeyPatch) -> None:
    assert passkeys.SECONDS == 300
    monkeypatch.setattr(passkeys, "SECONDS", -1)
    browser = app.test_client()
    answer(browser, phone)
    assert not is_in(browser)
    assert passkeys.TOO_LATE in browser.get("/sign-in").text


@pytest.mark.parametrize(
    "asker", [ASKER._replace(browser="another"), ASKER._replace(site=Site("other.example", "https://other.example"))]
)
def test_an_answer_is_good_in_the_browser_that_asked_and_where_it_was(
    app: Flask, phone: Authenticator, asker: Asker
) -> None:
    with app.app_context():
        question = passkeys.ask(passkeys.SIGN_IN, ASKER)
        with pytest.raises(Invalid):
            passkeys.verify(passkeys.SIGN_IN, Reply(question.ticket, phone.get(question.options), asker))


def test_an_answer_to_one_question_answers_no_other(app: Flask, cast: Cast, phone: Authenticator) -> None:
    owner = cast["alice"].id
    with app.app_context():
        question = passkeys.ask(passkeys.FACTOR, ASKER, owner)
        reply = Reply(question.ticket, phone.get(question.options), ASKER)
        for purpose, account_id in ((passkeys.SIGN_IN, None), (passkeys.PROOF, owner), (passkeys.FACTOR, 2 * owner)):
            with pytest.raises(Invalid):
                passkeys.verify(purpose, reply, account_id)
        assert passkeys.verify(passkeys.FACTOR, reply, owner).account_id == owner


# --- Counts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 5, 6])
def test_a_count_that_does_not_grow_is_refused_and_logged(
    app: Flask, cast: Cast, phone: Authenticator, count: int
) -> None:
    phone.count = 5
    assert answer(app.test_client(), phone).headers["Location"] == "/notes"  # the sixth use
    phone.count = count - 1
    browser = app.test_client()
    answer(browser, phone)
    assert not is_in(browser)
    assert refusals(app, cast) == ["Signed in with a passkey", "Used a passkey that may have been copied"]
    phone.count = 6
    assert answer(app.test_client(), phone).headers["Location"] == "/notes"


def test_one_that_does_not_count_is_good_again_and_again(app: Flask, phone: Authenticator) -> None:
    for _ in range(3):
        phone.count = -1
        assert answer(app.test_client(), phone).headers["Location"] == "/notes"


# --- Adding and removing -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [nobody_present, other_origin, other_port])
def test_what_was_made_elsewhere_is_not_added(
    alice: FlaskClient, fault: Callable[[Authenticator], None], app: Flask
) -> None:
    device = Authenticator()
    fault(device)
    assert add(alice, device).headers["Location"] == FACTORS
    assert passkeys.REFUSED in alice.get(FACTORS).text
    assert "Phone" not in alice.get(FACTORS).text


def test_a_passkey_belongs_to_one_person(app: Flask, phone: Authenticator, bob: FlaskClient) -> None:
    assert add(bob, Authenticator(credential_id=phone.credential_id)).status_code == 303
    assert passkeys.REFUSED in bob.get(FACTORS).text
    browser = app.test_client()
    answer(browser, phone)
    assert email("alice") in browser.get("/account").text


def test_the_devices_that_have_one_are_named_so_that_none_gets_a_second(
    alice: FlaskClient, phone: Authenticator
) -> None:
    question = ask(alice, ADD)["publicKey"]
    [known] = question["excludeCredentials"]
    assert known["transports"] == ["internal"]
    assert question["user"]["id"] == phone.handle  # all of them know the account by one name
    assert question["user"]["name"] == email("alice")


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "two\nlines\x00"])
def test_a_name_that_is_none_is_refused(alice: FlaskClient, name: str) -> None:
    assert add(alice, Authenticator(), name).status_code == 303
    assert "Give it a name" in alice.get(FACTORS).text


def test_whoever_has_only_a_cookie_adds_none(alice: FlaskClient, later: Later) -> None:
    later(minutes=10)
    assert add(alice, Authenticator()).status_code == 401


def test_factors_of_all_kinds_added_at_once_are_ten_at_most(app: Flask, cast: Cast) -> None:
    person = cast["alice"]

    def send(number: int) -> str:
        with app.app_context():
            question = passkeys.ask_to_add(person, ASKER)
            reply = Reply(question.ticket, Authenticator().create(question.options), ASKER)
            try:
                passkeys.add(person, f"{number}", reply)
            except Invalid:
                return "refused"
            return "added"

    with ThreadPoolExecutor(4) as pool:  # fewer than there are connections
        assert Counter(pool.map(send, range(14))) == {"added": 10, "refused": 4}
    with app.app_context():
        assert len(factors.list_factors(person.id)) == 10


def test_a_removed_passkey_opens_nothing(app: Flask, cast: Cast, phone: Authenticator, alice: FlaskClient) -> None:
    with app.app_context():
        [factor] = factors.list_factors(cast["alice"].id)
        with pytest.raises(NotFound):
            factors.remove(cast["bob"].id, factor.id)
    assert submit(alice, f"{FACTORS}/{factor.id}/remove", at=FACTORS).status_code == 303
    browser = app.test_client()
    answer(browser, phone)
    assert not is_in(browser)
    with app.app_context():
        assert db.read(text("SELECT * FROM account_passkey")).all() == []
        assert not factors.are_asked_of(cast["alice"].id)


def test_the_operator_resets_passkeys_too(app: Flask, phone: Authenticator) -> None:
    result = app.test_cli_runner().invoke(args=["accounts", "reset-factors", email("alice")])
    assert result.output == "1 factor removed; the password alone opens the account now.\n"
    with app.app_context():
        assert db.read(text("SELECT * FROM account_passkey")).all() == []


def test_each_use_is_seen_in_the_list(alice: FlaskClient, app: Flask, phone: Authenticator) -> None:
    assert "not used yet" in alice.get(FACTORS).text
    answer(app.test_client(), phone)
    assert "last used" in alice.get(FACTORS).text


def test_an_export_names_passkeys_and_holds_nothing_with_which_they_are_known(
    app: Flask, cast: Cast, phone: Authenticator
) -> None:
    with app.app_context():
        known = service.describe(cast["alice"])["factors"]
        rows = db.read(text("SELECT credential_id, public_key, user_handle FROM account_passkey")).one()
    assert [(factor.kind, factor.name) for factor in known] == [("passkey", "Phone")]
    assert not any(bytes_to_base64url(secret) in repr(known) or repr(secret) in repr(known) for secret in rows)


def test_a_mail_tells_of_each_that_was_added_or_removed(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    app = make_app(**mail_settings(tmp_path / "mail"))
    cast = create_accounts(app)
    add(sign_in(app.test_client(), "alice"), Authenticator(origin=SITE))
    with app.app_context():
        [factor] = factors.list_factors(cast["alice"].id)
        factors.remove(cast["alice"].id, factor.id)
    assert [mail["Subject"] for mail in mails(app)] == ["A second factor was added", "A second factor was removed"]


def test_where_everybody_needs_a_factor_a_passkey_is_one(make_app: Callable[..., Flask]) -> None:
    app = make_app(REQUIRE_SECOND_FACTOR="1")
    create_accounts(app)
    browser, device = sign_in(app.test_client(), "alice"), Authenticator()
    assert browser.get("/notes").status_code == 303
    add(browser, device)
    assert browser.get("/notes").status_code == 200
    again = app.test_client()
    answer(again, device)
    assert again.get("/notes").status_code == 200


# --- Proof -------------------------------------------------------------------------------------------------------


def prove(browser: FlaskClient, device: Authenticator) -> TestResponse:
    """Add another passkey, and prove that one is who one is by `device`."""
    token, new = csrf_token(browser, FACTORS), ask(browser, ADD)
    form = {"csrf_token": token, "name": "Key", "ticket": new["ticket"]}
    form["passkey"] = Authenticator().create(new["publicKey"])
    assert browser.post(ADD, data=form).status_code == 401
    question = ask(browser, "/account/proof")
    proof = {"proof_ticket": question["ticket"], "proof_passkey": device.get(question["publicKey"])}
    return browser.post(ADD, data={**form, **proof})


def test_a_passkey_proves_who_one_is(alice: FlaskClient, phone: Authenticator, later: Later) -> None:
    later(minutes=10)
    assert prove(alice, phone).headers["Location"] == FACTORS
    assert "Key" in alice.get(FACTORS).text


@pytest.mark.parametrize("fault", [no_verification, other_key, other_origin, unknown])
def test_a_passkey_that_is_not_right_proves_nothing(
    alice: FlaskClient, phone: Authenticator, later: Later, fault: Callable[[Authenticator], None]
) -> None:
    later(minutes=10)
    fault(phone)
    refused = prove(alice, phone)
    assert refused.status_code == 422
    assert passkeys.REFUSED in refused.text
    assert 'value="Key"' in refused.text  # what was typed is still there


def test_the_passkey_of_somebody_else_proves_nothing(
    alice: FlaskClient, bob: FlaskClient, phone: Authenticator, later: Later
) -> None:
    other = Authenticator()
    add(bob, other)
    later(minutes=10)
    assert prove(alice, other).status_code == 422


# --- What no browser sends ---------------------------------------------------------------------------------------

NO_ANSWERS = ["", "null", "[]", "[" * 100_000, "{}", '{"response": {}}', '{"id": "\\ud800", "response": {}}']
NO_ANSWERS += [json.dumps({"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {"transports": [[]]}})]


@pytest.mark.parametrize("sent", NO_ANSWERS)
def test_what_no_authenticator_says_is_refused(client: FlaskClient, sent: str) -> None:
    token, question = csrf_token(client, "/sign-in"), ask(client, SIGN_IN)
    fields = {"csrf_token": token, "ticket": question["ticket"], "passkey": sent}
    assert client.post(SIGN_IN, data=fields).headers["Location"] == "/sign-in"


@pytest.mark.parametrize(
    "place", ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "transports"]
)
@pytest.mark.parametrize("value", [None, 1, "", "AAAA", "oA", "\ud800", [], {"a": 1}])
def test_a_field_that_says_something_else_is_refused(
    app: Flask, cast: Cast, phone: Authenticator, place: str, value: object
) -> None:
    person = cast["alice"]
    with app.app_context():
        new, used = passkeys.ask_to_add(person, ASKER), passkeys.ask(passkeys.SIGN_IN, ASKER)
        made, signed = json.loads(Authenticator().create(new.options)), json.loads(phone.get(used.options))
        for said in (made, signed):
            said["response"][place] = value
        if place not in {"authenticatorData", "signature", "transports"}:
            with pytest.raises(Invalid):
                passkeys.add(person, "Key", Reply(new.ticket, json.dumps(made), ASKER))
        if place not in {"attestationObject", "transports"}:
            with pytest.raises(Invalid):
                passkeys.verify(passkeys.SIGN_IN, Reply(used.ticket, json.dumps(signed), ASKER))
        if place == "transports":
            passkeys.add(person, "Key", Reply(new.ticket, json.dumps(made), ASKER))


@pytest.mark.parametrize("key", [{}, [], "", {1: 2, 3: -7, -1: 1}, {1: 99, 3: -7}], ids=str)
@pytest.mark.parametrize("format_", ["none", "packed", "tpm", "fido-u2f", ""])
def test_a_key_that_is_none_is_refused(context: Flask, cast: Cast, key: object, format_: str) -> None:
    question, device = passkeys.ask_to_add(cast["alice"], ASKER), Authenticator()
    made = json.loads(device.create(question.options))
    data = device._data("localhost", WITH_KEY) + bytes(16) + b"\0\2id" + cbor2.dumps(key)
    statement = cbor2.dumps({"fmt": format_, "attStmt": {"sig": 1, "x5c": []}, "authData": data})
    made["response"]["attestationObject"] = bytes_to_base64url(statement)
    with pytest.raises(Invalid):
        passkeys.add(cast["alice"], "Key", Reply(question.ticket, json.dumps(made), ASKER))


def test_a_way_to_reach_an_authenticator_that_a_newer_release_has_written_is_passed_over(
    app: Flask, phone: Authenticator
) -> None:
    with app.app_context(), db.transaction() as connection:
        connection.execute(text("UPDATE account_passkey SET transports = 'internal,of-the-future'"))
    assert give_passkey(app.test_client(), phone)


# --- Where ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("public_url", "host", "origin"),
    [
        ("https://notes.example:443/below/", "notes.example", "https://notes.example"),
        ("http://Notes.example:8080", "notes.example", "http://notes.example:8080"),
    ],
)
def test_passkeys_are_good_at_the_public_address(
    make_app: Callable[..., Flask], public_url: str, host: str, origin: str
) -> None:
    browser = make_app(PUBLIC_URL=public_url).test_client()
    assert ask(browser, SIGN_IN)["publicKey"]["rpId"] == host
    assert browser.application.config["PUBLIC_ORIGIN"] == origin


def test_without_one_they_are_good_where_the_browser_is(app: Flask) -> None:
    browser = app.test_client()
    question = browser.get(f"{SIGN_IN}/question", base_url="https://notes.example").json or {}
    assert question["publicKey"]["rpId"] == "notes.example"


@pytest.mark.parametrize("host", ["127.0.0.1:5000", "[::1]:5000"])
def test_an_address_without_a_name_offers_none(app: Flask, host: str) -> None:
    browser = app.test_client()
    assert "data-passkey" not in browser.get("/sign-in", base_url=f"http://{host}").text
    assert browser.get(f"{SIGN_IN}/question", base_url=f"http://{host}").status_code == 422


def test_the_page_of_factors_says_where_passkeys_can_be_added(alice: FlaskClient) -> None:
    hint = "open the site by its name"
    assert hint not in alice.get(FACTORS).text
    with alice.session_transaction() as signed_in:
        content = dict(signed_in)
    with alice.session_transaction(base_url="http://127.0.0.1") as session:
        session.update(content)
    assert hint in alice.get(FACTORS, base_url="http://127.0.0.1").text


def test_behind_a_proxy_they_are_good_at_its_name_and_below_its_path(make_app: Callable[..., Flask]) -> None:
    app = make_app(PROXY_HOPS="1", PROXY_PREFIX="1")
    create_accounts(app)
    before = {"base_url": "http://notes.example", "headers": PROXY}
    browser, device = app.test_client(), Authenticator(origin="https://notes.example")
    page = BeautifulSoup(browser.get("/sign-in", **before).data, "html.parser")
    token = page.select("[name=csrf_token]")[0]["value"]
    fields = {"csrf_token": token, "email": email("alice"), "password": PASSWORD}
    assert browser.post("/sign-in", data=fields, **before).status_code == 303
    page = BeautifulSoup(browser.get(FACTORS, **before).data, "html.parser")
    [form] = page.select("[data-passkey]")
    assert form["data-passkey"] == f"/below{ADD}/question"
    assert form["action"] == f"/below{ADD}"
    question = browser.get(f"{ADD}/question", **before).json or {}
    fields = {"csrf_token": page.select("[name=csrf_token]")[0]["value"], "name": "Phone", "ticket": question["ticket"]}
    fields["passkey"] = device.create(question["publicKey"])
    assert "Your recovery codes" in browser.post(ADD, data=fields, **before).text

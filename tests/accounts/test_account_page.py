"""The account page: where one is signed in, and everything of one's own to take along."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from app.notes import service as notes
from app.notes.drafts import Draft
from devtools.forms import sign_in, submit
from devtools.people import Cast, create_token, email


def test_one_session_is_ended_and_the_others_go_on(app: Flask, alice: FlaskClient) -> None:
    phone, office = sign_in(app.test_client(), "alice"), app.test_client()
    office.environ_base["REMOTE_ADDR"] = "192.0.2.5"
    sign_in(office, "alice")
    page = BeautifulSoup(alice.get("/account").data, "html.parser")
    [there] = [place for place in page.select("main li") if "192.0.2.5" in place.text]
    form = there.select_one("form")
    assert form is not None
    assert submit(alice, str(form["action"]), at="/account").status_code == 303
    assert [browser.get("/account").status_code for browser in (alice, phone, office)] == [200, 200, 303]


def test_nobody_ends_the_session_of_somebody_else(app: Flask, alice: FlaskClient, bob: FlaskClient) -> None:
    sign_in(app.test_client(), "alice")
    page = BeautifulSoup(alice.get("/account").data, "html.parser")
    [address] = [str(form["action"]) for form in page.select("form[action*=sessions]")]
    assert submit(bob, address, at="/account").status_code == 404
    assert submit(bob, "/account/sessions/no-digest/end", at="/account").status_code == 404
    assert len(BeautifulSoup(alice.get("/account").data, "html.parser").select("form[action*=sessions]")) == 1


def test_everything_is_exported_as_one_file_without_any_secret(app: Flask, cast: Cast) -> None:
    alice = sign_in(app.test_client(), "alice")
    token = create_token(app, cast["alice"].id)
    with app.app_context():
        notes.create(cast["alice"].id, Draft("Milk and bread", "Grüße"), "key")
        notes.create(cast["bob"].id, Draft("Bob's"), "key")
    answer = submit(alice, "/account/export", at="/account")
    assert answer.mimetype == "application/zip"
    file = io.BytesIO(answer.data)
    answer.close()
    with zipfile.ZipFile(file) as archive:
        [note] = [name for name in archive.namelist() if name.startswith("notes/")]
        assert "Grüße" in archive.read(note).decode()
        about = archive.read("account.json").decode()
    assert token not in about
    known = json.loads(about)
    assert known["email"] == email("alice")
    assert [made["name"] for made in known["tokens"]] == ["a test"]
    assert "Signed in" in [event["description"] for event in known["events"]]


def test_whoever_has_only_a_cookie_exports_nothing(alice: FlaskClient, later: Callable[..., None]) -> None:
    later(minutes=10)
    assert submit(alice, "/account/export", at="/account").status_code == 401

"""Security events: in the log with address, account and result, on the owner's page, and never with a secret."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from log_lines import find_pattern, written_lines
from sqlalchemy import func, select

from app import db
from app.accounts import events
from app.accounts.models import security_event
from app.errors import Unavailable
from devtools.forms import sign_in, submit
from devtools.people import PASSWORD, Cast, email

NEW = "five other words for later"


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """The fields of the lines about security, as they come."""
    lines: list[dict[str, Any]] = []

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.getMessage() == "security":
                lines.append(record.__dict__["fields"])

    caplog.set_level(logging.INFO)
    logging.getLogger("app").addHandler(Lines())
    return lines


def page(browser: FlaskClient) -> list[str]:
    found = BeautifulSoup(browser.get("/account/events").data, "html.parser").select("main li > div:first-child")
    return [" ".join(line.text.split()) for line in found]


def test_a_refused_sign_in_is_logged_with_its_address(
    client: FlaskClient, cast: Cast, logged: list[dict[str, Any]]
) -> None:
    client.environ_base["REMOTE_ADDR"] = "192.0.2.77"
    submit(client, "/sign-in", email=email("alice"), password="not the password")
    submit(client, "/sign-in", email=email("nobody"), password="not the password")
    told = [(line["event"], line["result"], line["account"], line["client"]) for line in logged[-2:]]
    assert told == [
        ("sign in", "refused", cast["alice"].id, "192.0.2.77"),
        ("sign in", "refused", None, "192.0.2.77"),
    ]
    assert all(line["request_id"] for line in logged[-2:])


def test_the_alarm_on_aws_counts_refused_sign_ins_and_nothing_else(
    app: Flask, client: FlaskClient, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    refused_sign_in = find_pattern("RefusedSignIns")
    caplog.set_level(logging.INFO)
    sign_in(client, "alice")
    submit(client, "/account", current="not the password", new=NEW, again=NEW, tokens="keep")
    stranger = app.test_client()
    for _ in range(11):
        submit(stranger, "/sign-in", email=email("alice"), password="not the password")
    app.test_client().get("/message%22:%22security%22,%22event%22:%22sign%20in%22,%22result%22:%22refused")
    lines = written_lines(caplog)
    matching = [json.loads(line) for line in lines if refused_sign_in.search(line)]
    assert {line["event"] for line in matching} == {"sign in"}
    assert [line["result"] for line in matching] == ["refused"] * 10 + ["throttled"]
    [first, *_] = [line for line in lines if refused_sign_in.search(line)]
    assert refused_sign_in.search(f"2026-11-26T22:00:00+00:00 ip-10-0-11-7 run-image[812]: {first}")


@pytest.mark.usefixtures("cast")
def test_the_owner_sees_what_happened_and_nobody_else_does(app: Flask) -> None:
    alice, bob = sign_in(app.test_client(), "alice"), sign_in(app.test_client(), "bob")
    stranger = app.test_client()
    for _ in range(11):
        submit(stranger, "/sign-in", email=email("alice"), password="not the password")
    submit(alice, "/account/tokens", name="backup", scope="read")
    submit(alice, "/account/sign-out-others", at="/account")
    submit(alice, "/account", current=PASSWORD, new=NEW, again=NEW, tokens="revoke")
    assert page(alice) == [
        "Revoked an API token",
        "Changed the password",
        "Ended sessions",
        "Made an API token",
        "Signed in: refused: too many attempts",
        *["Signed in: refused"] * 10,
        "Signed in",
        "Made the account",
    ]
    assert page(bob) == ["Signed in", "Made the account"]


def test_no_event_holds_a_secret(app: Flask, client: FlaskClient, cast: Cast, logged: list[dict[str, Any]]) -> None:
    submit(client, "/sign-in", email=email("alice"), password="a-wrong-secret")
    sign_in(client, "alice")
    token = submit(client, "/account/tokens", name="backup", scope="read").text.partition('value="notes_')[2][:30]
    submit(client, "/account", current=PASSWORD, new=NEW, again=NEW, tokens="keep")
    with app.app_context():
        stored = repr(db.read(select(security_event)).all())
    for secret in ("a-wrong-secret", PASSWORD, NEW, token):
        assert secret not in repr(logged)
        assert secret not in stored


def test_refusals_push_out_nothing_that_was_done(context: Flask, owner: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "KEPT", 5)
    for _ in range(20):
        events.record("sign in", owner, "refused")
    numbers = db.read(select(security_event.c.result, func.count()).group_by(security_event.c.result)).all()
    assert dict(map(tuple, numbers))["refused"] == 5
    assert [event.description for event in events.list_events(owner)][-1] == "Made the account"


def test_an_event_that_a_newer_release_has_written_is_shown_by_its_name(context: Flask, owner: int) -> None:
    events._store("of the future", owner, "unknown", "192.0.2.1")
    newest = events.list_events(owner)[0]
    assert (newest.description, newest.result) == ("of the future", "unknown")


def test_an_event_that_cannot_be_written_changes_no_answer(
    client: FlaskClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise Unavailable

    monkeypatch.setattr(events, "_store", fail)
    answer = submit(client, "/sign-in", email=email("alice"), password="not the password")
    assert answer.status_code == 422


def test_refusals_are_counted_for_the_operator(client: FlaskClient, cast: Cast) -> None:
    def refused() -> float:
        return float(events.COUNTED.labels("sign in", "refused")._value.get())

    before = refused()
    submit(client, "/sign-in", email=email("alice"), password="not the password")
    assert refused() == before + 1
    assert 'security_events_total{event="sign in",result="refused"}' in client.get("/metrics").text

"""An account is deleted with everything of it: after seven days, unless it is called off."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pyotp
import pytest
from authenticators import ORIGIN, Authenticator
from flask import Flask
from flask.testing import FlaskClient
from mails import mails, settings
from sqlalchemy import inspect, text

from app import clock, db
from app.accounts import deletion, factors, identities, passkeys
from app.accounts.passkeys import Asker, Reply, Site
from app.db.metadata import sqlalchemy
from app.jobs import queue, worker
from app.notes import service as notes
from app.notes.drafts import Draft
from devtools.forms import sign_in, submit
from devtools.people import Cast, create_token, email

Later = Callable[..., None]
SECRET = "zebrafish"


@pytest.fixture
def app(make_app: Callable[..., Flask], tmp_path: Path) -> Flask:
    return make_app(**settings(tmp_path / "mail"))


def tables(app: Flask) -> dict[str, list[str]]:
    """Return every row of every table, also of those that are no models."""
    with app.app_context():
        names = set(inspect(sqlalchemy.engine).get_table_names()) - {"alembic_version"}
        # What SQLite's full-text index keeps for itself holds no rows; note_search says what can be found in it.
        names = {name for name in names if not name.startswith("note_search_")}
        return {name: sorted(map(repr, db.read(text(f"SELECT * FROM `{name}`")))) for name in sorted(names)}


def fill(app: Flask, browser: FlaskClient, cast: Cast) -> None:
    """Let Alice have something in every table that can hold something of hers."""
    owner = cast["alice"].id
    create_token(app, owner)
    with app.app_context():
        for number in range(120):
            note = notes.create(owner, Draft(f"{SECRET} {number}", "text", ("home",), "open"), f"{number}")
        notes.save(owner, note.id, note.version, Draft(f"{SECRET} again"))
        notes.move(owner, note.id, "trash")
        setup = factors.set_up(cast["alice"])
        factors.add_app(cast["alice"], setup.ticket, "Phone", next(iter(codes(setup.secret))))
        asker = Asker(Site("localhost", ORIGIN), "a browser")
        question = passkeys.ask_to_add(cast["alice"], asker)
        answer = Authenticator().create(question.options)
        passkeys.add(cast["alice"], "Laptop", Reply(question.ticket, answer, asker))
        identities.link(owner, "https://accounts.example", "alice")
    submit(app.test_client(), "/recover", email=email("alice"))
    mails(app)


def codes(secret: str) -> list[str]:
    return [pyotp.TOTP(secret).generate_otp(clock.now_us() // factors.STEP)]


def test_after_seven_days_every_row_of_every_table_is_gone(
    app: Flask, alice: FlaskClient, cast: Cast, later: Later, tmp_path: Path
) -> None:
    before = tables(app)
    fill(app, alice, cast)
    # Each table that holds something of hers: a new table has to be filled above.
    filled = {name for name, rows in tables(app).items() if len(rows) > len(before[name])}
    assert {
        "note",
        "note_tag",
        "note_revision",
        "note_creation",
        "note_change",
        "note_event",
        "api_token",
        "account_factor",
        "account_passkey",
        "account_identity",
    } <= filled
    assert {"account_link", "security_event", "note_search"} <= filled
    assert submit(alice, "/account/delete", at="/account").status_code == 303
    later(days=6, hours=23)
    mails(app)
    assert alice.get("/account").status_code == 200
    later(hours=1)
    last = mails(app)
    assert [(mail["To"], mail["Subject"]) for mail in last] == [(email("alice"), "Your account was deleted")]
    shutil.rmtree(tmp_path / "mail")
    with app.app_context(), db.transaction() as connection:
        connection.execute(text("DELETE FROM failed_attempt"))  # digests of who tried, by the minute
    after = tables(app)
    left = {name: [row for row in rows if SECRET in row or "alice" in row] for name, rows in after.items()}
    assert {name: rows for name, rows in left.items() if rows} == {}
    assert after["note_search"] == []
    strangers = {name: rows for name, rows in before.items() if name not in {"failed_attempt", "job"}}
    for name, rows in strangers.items():
        assert set(after[name]) <= set(rows), name
        assert len(after[name]) <= len(rows), name
    assert alice.get("/account").status_code == 303


def test_whoever_calls_it_off_keeps_everything(app: Flask, alice: FlaskClient, cast: Cast, later: Later) -> None:
    with app.app_context():
        notes.create(cast["alice"].id, Draft("Kept"), "key")
    submit(alice, "/account/delete", at="/account")
    assert "will be deleted" in alice.get("/account").text
    later(days=6)
    assert submit(alice, "/account/delete/call-off", at="/account").status_code == 303
    later(days=2)
    mails(app)
    assert "Kept" in alice.get("/notes").text


def test_a_deletion_that_has_begun_is_not_said_to_be_called_off(
    app: Flask, alice: FlaskClient, cast: Cast, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete_account, answers = deletion._delete_account, []

    def delete_after_click(account_id: int) -> None:
        answers.append(submit(alice, "/account/delete/call-off", at="/account"))
        delete_account(account_id)

    submit(alice, "/account/delete", at="/account")
    later(days=7)
    monkeypatch.setattr(deletion, "_delete_account", delete_after_click)
    with app.app_context():
        worker.run_all()
    assert [answer.status_code for answer in answers] == [409]
    assert "cannot be called off" in answers[0].text
    assert alice.get("/account").status_code == 303


def test_asking_for_it_ends_the_sessions_elsewhere_and_is_told_by_mail(app: Flask, alice: FlaskClient) -> None:
    elsewhere = sign_in(app.test_client(), "alice")
    mails(app)
    submit(alice, "/account/delete", at="/account")
    assert elsewhere.get("/account").status_code == 303
    assert [mail["Subject"] for mail in mails(app)] == ["Your account will be deleted"]


def test_whoever_has_only_a_cookie_deletes_no_account(app: Flask, alice: FlaskClient, cast: Cast, later: Later) -> None:
    later(minutes=10)
    assert submit(alice, "/account/delete", at="/account").status_code == 401
    with app.app_context():
        assert deletion.due_on(cast["alice"].id) is None


def test_a_deletion_that_was_ended_in_the_middle_is_done_at_the_next_try(
    app: Flask, alice: FlaskClient, cast: Cast, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(app, alice, cast)
    submit(alice, "/account/delete", at="/account")
    later(days=7)
    with app.app_context():
        monkeypatch.setattr(deletion, "_delete_account", lambda _id: 1 / 0)
        worker.run_all()
        monkeypatch.undo()
    assert app.config["MAIL_URL"]
    with app.app_context():
        [job] = [job for job in queue.list_jobs() if job.kind == deletion.KIND]
        assert job.error
        deletion._delete(job)
        assert db.read(text("SELECT * FROM note")).all() == []

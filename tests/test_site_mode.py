"""A site that takes no changes, or is closed, by command and by setting; also while the database is away."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from on_databases import on_sqlite
from sqlalchemy import select
from statements import heard

from app import create_app, db, jobs, site_mode
from app.accounts.models import account_session
from app.db.metadata import sqlalchemy
from app.errors import Unavailable
from app.jobs import queue, worker
from app.notes import service
from app.notes.drafts import Draft
from devtools.api_client import ApiClient
from devtools.databases import settings
from devtools.forms import csrf_token, sign_in
from devtools.people import PASSWORD, Cast, create_token, email

READ_ONLY, CLOSED = "takes no changes", "is closed for the moment"
Later = Callable[..., None]


@pytest.fixture(autouse=True)
def no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command not wait: nothing is being committed, and each request asks again before it commits."""
    monkeypatch.setattr(site_mode, "SECONDS_TO_COMMIT", 0.0)
    monkeypatch.setattr(site_mode, "SECONDS_LET_IN", 0.0)


def maintenance(app: Flask, word: str) -> str:
    result = app.test_cli_runner().invoke(args=["maintenance", word])
    assert result.exit_code == 0, result.output
    return result.output


def test_while_it_is_read_only_everything_is_shown_and_nothing_is_changed(
    app: Flask, alice: FlaskClient, owner: int
) -> None:
    note = service.create(owner, Draft("Milk", "two litres"), "key")
    token = csrf_token(alice, f"/notes/{note.id}/edit")
    maintenance(app, "read-only")
    for page in ("/notes", f"/notes/{note.id}", "/search?q=milk", "/account", f"/notes/{note.id}/edit"):
        assert alice.get(page).status_code == 200, page
    answer = alice.post(f"/notes/{note.id}", data={"csrf_token": token, "title": "Milk", "body": "my long text"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert READ_ONLY in answer.text
    assert "my long text" in answer.text
    assert service.get(owner, note.id) == note


def test_a_preview_changes_nothing_and_is_shown(app: Flask, alice: FlaskClient) -> None:
    token = csrf_token(alice, "/notes/new")
    maintenance(app, "read-only")
    assert alice.post("/preview", data={"csrf_token": token, "body": "*milk*"}).status_code == 200


def test_a_program_reads_on_and_is_told_when_to_come_back(app: Flask, cast: Cast) -> None:
    program = ApiClient(app.test_client(), create_token(app, cast["alice"].id))
    made = program.create_note("Milk")
    maintenance(app, "read-only")
    assert program.titles("/notes") == ["Milk"]
    for method, path in (("POST", "/notes"), ("DELETE", f"/notes/{made['id']}")):
        answer = program(method, path, json={"title": "x"}, if_match=1)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
        assert answer.mimetype == "application/problem+json"
        assert READ_ONLY in answer.get_json()["detail"]


@on_sqlite  # it is refused before anything is asked
def test_a_program_whose_form_is_larger_than_the_limit_is_told_the_same(app: Flask, cast: Cast) -> None:
    program = ApiClient(app.test_client(), create_token(app, cast["alice"].id))
    maintenance(app, "read-only")
    form = b"x" * (app.config["MAX_CONTENT_LENGTH"] + 1)
    answer = program("POST", "/notes", data=form, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 503


@pytest.mark.parametrize("mode", ["read-only", "on"])
def test_nobody_signs_in_meanwhile_and_whoever_tries_reads_why(app: Flask, cast: Cast, mode: str) -> None:
    browser = app.test_client()
    token = csrf_token(browser, "/sign-in")
    maintenance(app, mode)
    answer = browser.post("/sign-in", data={"csrf_token": token, "email": email("alice"), "password": PASSWORD})
    assert (answer.status_code, "being worked on" in answer.text) == (503, True)
    with app.app_context():
        assert db.read(select(account_session.c.digest).where(account_session.c.account_id == 1)).all() == []


def test_reading_writes_nothing_meanwhile(app: Flask, alice: FlaskClient, later: Later) -> None:
    maintenance(app, "read-only")
    later(hours=2)
    with heard() as sent:
        assert alice.get("/notes").status_code == 200
    assert [statement for statement, _ in sent if not statement.startswith("SELECT")] == []


def test_another_instance_knows_of_it_at_once(app: Flask, make_app: Callable[..., Flask], alice: FlaskClient) -> None:
    elsewhere = sign_in(make_app().test_client(), "alice")
    assert elsewhere.get("/notes").status_code == 200
    maintenance(app, "on")
    assert elsewhere.get("/notes").status_code == 503
    maintenance(app, "off")
    assert elsewhere.get("/notes").status_code == 200


def test_while_it_is_closed_every_page_says_so_and_its_looks_are_there(app: Flask, alice: FlaskClient) -> None:
    alice.get("/notes")
    maintenance(app, "on")
    for page in ("/notes", "/sign-in", "/entries", "/api/v1/notes"):
        answer = alice.get(page)
        assert (answer.status_code, answer.headers["Retry-After"], CLOSED in answer.text) == (503, "120", True), page
    assert alice.get("/static/notes.css").status_code == 200
    assert alice.get("/livez").status_code == 200


def test_it_stays_closed_while_the_database_is_away_and_waits_for_it_once(
    app: Flask, alice: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    maintenance(app, "on")
    assert alice.get("/notes").status_code == 503
    asked = []

    def fail(*_: object, **__: object) -> None:
        asked.append(1)
        raise Unavailable

    monkeypatch.setattr("app.db.read", fail)
    for _ in range(3):
        assert CLOSED in alice.get("/notes").text
    assert len(asked) == 1


def test_a_database_that_is_lost_while_the_site_is_open_is_no_maintenance(
    app: Flask, alice: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = csrf_token(alice, "/notes/new")

    def fail(*_: object, **__: object) -> None:
        raise Unavailable

    monkeypatch.setattr("app.db.request_connection.RequestConnection.pooled", fail)
    answer = alice.post("/notes", data={"csrf_token": token, "title": "x", "body": "kept text"})
    assert (answer.status_code, "cannot reach its data" in answer.text, "kept text" in answer.text) == (503, True, True)


@pytest.mark.parametrize(("setting", "status"), [("read-only", 200), ("closed", 503)])
def test_a_setting_does_the_same_whatever_the_database_says(
    make_app: Callable[..., Flask], alice: FlaskClient, setting: str, status: int
) -> None:
    app = make_app(SITE_MODE=setting)
    with alice.session_transaction() as session:
        token = session["token"]
    browser = app.test_client()
    with browser.session_transaction() as session:
        session["token"] = token
    assert browser.get("/notes").status_code == status
    assert browser.post("/notes", data={"title": "x"}).status_code == 503
    assert maintenance(app, "off") == "SITE_MODE still says otherwise.\n"


@on_sqlite
def test_a_closed_process_needs_no_database(make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch) -> None:
    client = make_app(SITE_MODE="closed").test_client()
    with heard() as sent:
        assert CLOSED in client.get("/notes").text
        assert client.post("/notes", data={"title": "x"}).status_code == 503
    assert sent == []


def test_jobs_wait_until_it_is_over(app: Flask, context: Flask) -> None:
    done: list[int] = []
    jobs.register(app, "a kind", lambda job: done.append(job.id))
    queue.add("a kind", "key")
    for word in ("read-only", "off"):
        maintenance(app, word)
        assert done == []
        worker.work(app, Once(), is_orphan=lambda: False)
    assert len(done) == 1


class Once(threading.Event):
    """An event that is over as soon as somebody would wait for it."""

    def wait(self, _seconds: float | None = None) -> bool:
        self.set()
        return True


def test_the_command_says_what_is(app: Flask) -> None:
    assert maintenance(app, "status") == "open\n"
    maintenance(app, "read-only")
    assert maintenance(app, "status").startswith("read-only since 2")
    maintenance(app, "off")
    assert maintenance(app, "status") == "open\n"


def test_nothing_of_it_is_logged_as_a_failure(app: Flask, alice: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    maintenance(app, "on")
    with caplog.at_level("WARNING"):
        alice.get("/notes")
    assert caplog.records == []


def test_reading_a_page_takes_no_statement_more(app: Flask, alice: FlaskClient) -> None:
    alice.get("/notes")
    with heard() as sent:
        alice.get("/notes")
    assert [statement for statement, _ in sent if statement.startswith("SELECT site_mode")] == []


def test_what_was_let_in_before_is_stopped_before_it_is_committed(
    app: Flask, alice: FlaskClient, owner: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = service.create(owner, Draft("Milk", "two litres"), "key")
    token = csrf_token(alice, f"/notes/{note.id}/edit")
    save = service.save

    def close_first(*arguments: Any, **named: Any) -> Any:
        """Close the site in another process, after the request has passed all checks."""
        assert "takes no changes" in run_elsewhere(app, "read-only")
        return save(*arguments, **named)

    monkeypatch.setattr(service, "save", close_first)
    sent = {"csrf_token": token, "title": "Milk", "body": "my long text", "version": note.version}
    answer = alice.post(f"/notes/{note.id}", data=sent)
    assert (answer.status_code, READ_ONLY in answer.text, "my long text" in answer.text) == (503, True, True)
    maintenance(app, "off")
    assert service.get(owner, note.id) == note


def run_elsewhere(app: Flask, word: str) -> str:
    """Run the command as another process would: nothing in this one learns of it."""
    other = create_app(settings(app.config["SQLALCHEMY_DATABASE_URI"].render_as_string(hide_password=False)))
    with ThreadPoolExecutor(1) as thread:
        said = thread.submit(maintenance, other, word).result()
    with other.app_context():
        sqlalchemy.engine.dispose()
    return said


def test_a_save_that_takes_no_longer_than_usual_asks_once(
    alice: FlaskClient, owner: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = service.create(owner, Draft("Milk", "two litres"), "key")
    sent = {"csrf_token": csrf_token(alice, f"/notes/{note.id}/edit"), "title": "Milk"}
    numbers = []
    for version, seconds in enumerate((60.0, 0.0), note.version):
        monkeypatch.setattr(site_mode, "SECONDS_LET_IN", seconds)
        with heard() as statements:
            assert (
                alice.post(f"/notes/{note.id}", data=sent | {"version": version, "body": f"{seconds}"}).status_code
                == 303
            )
        numbers.append(len([statement for statement, _ in statements if statement.startswith("SELECT site_mode")]))
    assert numbers[0] < numbers[1]


def test_the_command_waits_until_what_was_let_in_before_is_committed(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.undo()  # the command waits here
    monkeypatch.setattr("app.site_mode.time.sleep", waited.append)
    maintenance(app, "read-only")
    assert waited == [3.0]
    maintenance(app, "off")
    assert waited == [3.0]


def test_pages_for_everybody_learn_of_it_within_seconds(
    make_app: Callable[..., Flask], app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = make_app(FEATURES="entries").test_client()
    assert visitor.get("/entries").status_code == 200
    run_elsewhere(app, "on")
    monkeypatch.setattr("app.site_mode.SECONDS_BELIEVED", 0.0)
    assert visitor.get("/entries").status_code == 503
    run_elsewhere(app, "off")
    assert visitor.get("/entries").status_code == 200


def test_pages_for_everybody_ask_no_more_than_once_in_some_seconds(make_app: Callable[..., Flask]) -> None:
    visitor = make_app(FEATURES="entries").test_client()
    with heard() as sent:
        for _ in range(5):
            assert visitor.get("/entries").status_code == 200
    assert len([statement for statement, _ in sent if statement.startswith("SELECT site_mode")]) == 1

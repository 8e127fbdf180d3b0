"""`flask accounts`: the password comes from a prompt or from standard input, never from the command line."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import db
from app.accounts import service
from app.accounts.models import account
from app.jobs import worker
from app.notes import service as notes
from app.notes.drafts import Draft
from devtools.api_client import ApiClient
from devtools.databases import SETTINGS
from devtools.forms import sign_in, submit
from devtools.people import NAMES, PASSWORD, Cast, create_token, email

ROOT = Path(__file__).parents[2]
Later = Callable[..., None]
NEW = "five other words for later"


def run(app: Flask, *words: str, typed: str) -> tuple[int, str]:
    """Run `flask accounts` with `typed` on standard input; return its status and what it wrote."""
    result = app.test_cli_runner().invoke(args=["accounts", *words], input=typed)
    return result.exit_code, result.output


def test_an_account_is_made_with_a_password_from_standard_input(make_app: Callable[..., Flask]) -> None:
    app = make_app(SIGN_UP="closed")
    assert run(app, "create", "Dora@example.org", typed=PASSWORD + "\n") == (0, "dora@example.org can sign in now.\n")
    answer = submit(app.test_client(), "/sign-in", email=email("dora"), password=PASSWORD)
    assert answer.status_code == 303


def test_what_the_rules_refuse_is_said_in_a_sentence(app: Flask, cast: Cast) -> None:
    assert run(app, "create", "dora", typed="short")[0] == 1
    assert "at least 10 characters" in run(app, "create", "dora", typed="short")[1]
    assert "already" in run(app, "create", email("alice"), typed=PASSWORD)[1]
    assert "no account" in run(app, "set-password", email("nobody"), typed=PASSWORD)[1]


def test_a_new_password_signs_the_person_out_everywhere(app: Flask, alice: FlaskClient) -> None:
    assert run(app, "set-password", email("alice"), typed=NEW)[0] == 0
    assert alice.get("/account").status_code == 303
    assert submit(alice, "/sign-in", email=email("alice"), password=NEW).status_code == 303


def test_a_password_on_the_command_line_is_refused(app: Flask) -> None:
    assert run(app, "create", email("dora"), PASSWORD, typed="")[0] == 2


def at_a_terminal(database_url: str, *typed: str) -> tuple[int, str]:
    """Run `flask accounts create` at a terminal of its own; type a line at each question; return status and screen."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "flask", "--app", "crudapp", "accounts", "create", email("dora")]
    environ = {**os.environ, **SETTINGS, "DATABASE_URL": database_url}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environ, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    screen = ""
    try:
        for line in typed:
            while not screen.endswith(": "):
                screen += os.read(ours, 1024).decode()
            os.write(ours, line.encode() + b"\n")
            screen += os.read(ours, 1024).decode()
        while chunk := os.read(ours, 1024):
            screen += chunk.decode()
    except OSError:  # how Linux says that the other side of a terminal has gone
        pass
    finally:
        os.close(ours)
    return process.wait(30), screen


@pytest.mark.slow
def test_at_a_terminal_the_password_is_asked_for_twice_and_not_shown(database_url: str, app: Flask) -> None:
    status, screen = at_a_terminal(database_url, PASSWORD, "something else", PASSWORD, PASSWORD)
    assert status == 0, screen
    assert "do not match" in screen
    assert PASSWORD not in screen
    assert submit(app.test_client(), "/sign-in", email=email("dora"), password=PASSWORD).status_code == 303


# --- What an operator does for people ----------------------------------------------------------------------------


def test_a_new_password_ends_all_sessions_and_says_what_else_opens_the_account(
    app: Flask, alice: FlaskClient, cast: Cast
) -> None:
    token = create_token(app, cast["alice"].id)
    status, said = run(app, "set-password", email("alice"), typed=NEW)
    assert (status, "everywhere" in said) == (0, False)
    assert "Still good: API token a test" in said
    assert ApiClient(app.test_client(), token)("GET", "/notes").status_code == 200


def test_a_new_password_can_revoke_the_tokens_too(app: Flask, cast: Cast) -> None:
    token = create_token(app, cast["alice"].id)
    assert "Still good" not in run(app, "set-password", email("alice"), "--revoke-tokens", typed=NEW)[1]
    assert ApiClient(app.test_client(), token)("GET", "/notes").status_code == 401


def test_the_list_names_every_account_and_who_is_suspended(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "ACCOUNTS_AT_ONCE", 2)
    run(app, "suspend", email("bob"), typed="")
    lines = run(app, "list", typed="")[1].splitlines()
    assert [line.split()[1] for line in lines] == [email(name) for name in NAMES]
    assert [line.endswith("suspended") for line in lines] == [False, True, False]
    [line] = run(app, "list", "--suspended", typed="")[1].splitlines()
    assert email("bob") in line


def test_an_account_is_described_without_a_secret(app: Flask, cast: Cast) -> None:
    sign_in(app.test_client(), "alice")
    token = create_token(app, cast["alice"].id)
    said = run(app, "show", email("alice"), typed="")[1]
    for fact in (
        "state: open",
        "sessions: 1",
        "opened by: the password, API token a test",
        "Signed in, from 127.0.0.1",
    ):
        assert fact in said
    with app.app_context():
        stored = db.read(select(account.c.password_hash).where(account.c.id == cast["alice"].id)).scalar_one()
    assert token not in said
    assert stored not in said


def test_a_session_is_ended_by_the_beginning_of_its_id(app: Flask, alice: FlaskClient, cast: Cast) -> None:
    elsewhere = sign_in(app.test_client(), "alice")
    [newest, _] = run(app, "sessions", email("alice"), typed="")[1].splitlines()
    assert run(app, "sign-out", email("alice"), "--session", newest.split()[0], typed="")[0] == 0
    assert [browser.get("/account").status_code for browser in (alice, elsewhere)] == [200, 303]


def test_signing_somebody_out_ends_all_sessions_and_nobody_elses(
    app: Flask, alice: FlaskClient, bob: FlaskClient
) -> None:
    assert run(app, "sign-out", email("alice"), typed="") == (0, "1 session ended.\n")
    assert [browser.get("/account").status_code for browser in (alice, bob)] == [303, 200]


def test_tokens_are_listed_and_revoked_one_by_one_or_all(app: Flask, cast: Cast) -> None:
    first, second = (create_token(app, cast["alice"].id, scope) for scope in ("read", "write"))
    lines = run(app, "tokens", email("alice"), typed="")[1].splitlines()
    assert len(lines) == 2
    assert first not in lines[0] + lines[1]
    [writing] = [line for line in lines if " write " in line]
    assert run(app, "revoke", email("alice"), writing.split()[0], typed="") == (0, "1 token revoked.\n")
    assert ApiClient(app.test_client(), second)("GET", "/notes").status_code == 401
    assert ApiClient(app.test_client(), first)("GET", "/notes").status_code == 200
    assert run(app, "revoke", email("alice"), typed="")[0] == 2
    assert run(app, "revoke", email("alice"), "--all", typed="") == (0, "1 token revoked.\n")
    assert ApiClient(app.test_client(), first)("GET", "/notes").status_code == 401


def test_another_persons_token_is_not_revoked(app: Flask, cast: Cast) -> None:
    token = create_token(app, cast["bob"].id)
    number = run(app, "tokens", email("bob"), typed="")[1].split()[0]
    status, said = run(app, "revoke", email("alice"), number, typed="")
    assert (status, "no such token" in said) == (1, True)
    assert ApiClient(app.test_client(), token)("GET", "/notes").status_code == 200


def test_an_account_is_deleted_in_seven_days_or_kept(app: Flask, alice: FlaskClient, later: Later) -> None:
    assert run(app, "delete", email("alice"), typed="another@example.org\n")[0] == 1
    assert run(app, "delete", email("alice"), typed=email("alice") + "\n")[0] == 0
    assert alice.get("/account").status_code == 303
    assert "deletion: 2" in run(app, "show", email("alice"), typed="")[1]
    assert run(app, "delete", email("alice"), "--call-off", typed="")[0] == 0
    later(days=8)
    with app.app_context():
        worker.run_all()
    assert run(app, "show", email("alice"), typed="")[0] == 0


def test_an_account_is_deleted_at_once(app: Flask, alice: FlaskClient, cast: Cast) -> None:
    assert run(app, "delete", email("alice"), "--now", "--yes", typed="")[0] == 0
    assert alice.get("/account").status_code == 303
    assert "no account" in run(app, "show", email("alice"), typed="")[1]
    assert email("bob") in run(app, "list", typed="")[1]


def test_everything_of_an_account_is_exported_to_a_new_file(app: Flask, cast: Cast, tmp_path: Path) -> None:
    with app.app_context():
        notes.create(cast["alice"].id, Draft("Milk"), "key")
    path = tmp_path / "alice.zip"
    assert run(app, "export", email("alice"), str(path), typed="")[0] == 0
    with zipfile.ZipFile(path) as opened:
        assert {"account.json"} < set(opened.namelist())
    status, said = run(app, "export", email("alice"), str(path), typed="")
    assert (status, str(path) in said) == (1, True)
    assert run(app, "export", email("alice"), str(tmp_path / "folder"), typed="")[0] == 2

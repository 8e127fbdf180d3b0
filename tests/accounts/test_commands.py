"""`flask accounts`: the password comes from a prompt or from standard input, never from the command line."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from devtools.databases import SETTINGS
from devtools.forms import submit
from devtools.people import PASSWORD, Cast, email

ROOT = Path(__file__).parents[2]
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


def test_at_a_terminal_the_password_is_asked_for_twice_and_not_shown(database_url: str, app: Flask) -> None:
    status, screen = at_a_terminal(database_url, PASSWORD, "something else", PASSWORD, PASSWORD)
    assert status == 0, screen
    assert "do not match" in screen
    assert PASSWORD not in screen
    assert submit(app.test_client(), "/sign-in", email=email("dora"), password=PASSWORD).status_code == 303

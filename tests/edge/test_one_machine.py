"""`make up` gives a browser the whole of it, and `make down` leaves nothing behind."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from devtools import local_stack
from devtools.local_stack import NAME, one_machine, settings
from devtools.processes import ROOT


def test_all_of_it_answers_in_a_browsers_way_and_ends_with_the_block(home: Path) -> None:
    with one_machine(home) as nginx:
        trusted = ssl.create_default_context(cafile=str(home / "certificate" / "fullchain.pem"))
        address = f"https://{NAME}:{nginx.https_port}"
        with httpx.Client(base_url=address, verify=trusted, follow_redirects=True, timeout=60) as browser:
            page = browser.get("/")
            script = browser.get("/static/notes.js")
    assert str(page.url) == f"{address}/sign-in?next=/notes"
    assert page.headers["Strict-Transport-Security"]
    assert script.status_code == 200
    assert not (home / "nginx.pid").exists()


def test_a_command_of_the_product_runs_on_it_with_the_servers_settings(home: Path) -> None:
    with one_machine(home):
        assert (home / "environment").stat().st_mode & 0o077 == 0
        command = [sys.executable, "-m", "flask", "--app", "crudapp", "accounts", "create", "you@example.org"]
        done = subprocess.run(
            command,
            env=os.environ | settings(home),
            cwd=ROOT,
            input="four plain words here\n",
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stdout) == (0, "you@example.org can sign in now.\n"), done.stderr


def test_a_missing_program_is_told_in_one_sentence_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_stack, "PROGRAMS", ("no-such-program",))
    with pytest.raises(
        SystemExit, match=r"\Ano-such-program is not installed; on Debian and Ubuntu: make system-packages\Z"
    ):
        local_stack.up()

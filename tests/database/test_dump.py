"""The commands of docs/backup.md for MySQL: what the app's user dumps can be restored, and the app works on it."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from on_databases import SERVERS
from sqlalchemy.engine import make_url

from devtools.forms import sign_in, submit
from devtools.people import create_accounts
from devtools.processes import ROOT
from devtools.programs import find_program

# The client programs are MariaDB's, which cannot sign in to MySQL in its default way.
pytestmark = pytest.mark.parametrize("database_url", [one for one in SERVERS if "mariadb" in one.values], indirect=True)


def commands() -> list[str]:
    page = (ROOT / "docs/backup.md").read_text().partition("## MySQL")[2].partition("\n### ")[0]
    lines = "".join(re.findall(r"```sh\n(.*?)```", page, re.DOTALL)).replace("\\\n", " ").splitlines()
    assert len(lines) == 3
    return lines


def run(line: str, url: str, folder: Path) -> None:
    """Run a line of the page on the server at `url`; nobody is there to be asked for a password."""
    address = make_url(url)
    find_program(line.split(maxsplit=1)[0])
    password = address.password if "--user=app" in line else ""
    line = line.replace("--password", f"--password={shlex.quote(password or '')}").replace(
        "--host=127.0.0.1", f"--host=127.0.0.1 --port={address.port}"
    )
    done = subprocess.run(["bash", "-c", line], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_dump_of_the_apps_user_is_restored(make_app: Callable[..., Flask], database_url: str, tmp_path: Path) -> None:
    app = make_app()
    create_accounts(app)
    note = {"title": "Milk", "tags": "", "status": "open", "body": "", "due_on": "", "key": "a key"}
    assert submit(sign_in(app.test_client(), "alice"), "/notes", at="/notes/new", **note).status_code == 303
    dump, create, restore = commands()
    run(dump, database_url, tmp_path)
    run(create, database_url, tmp_path)
    run(restore, database_url, tmp_path)
    administrator = make_url(database_url).set(username="root", password="", database="restored")
    restored = make_app(DATABASE_URL=administrator.render_as_string(hide_password=False))
    alice = sign_in(restored.test_client(), "alice")
    assert "Milk" in alice.get("/search?q=milk").text

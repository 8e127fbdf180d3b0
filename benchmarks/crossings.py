"""How many files and functions of ours does a request pass? Counts those of app/ that are called while it is answered.

    make bench BENCH=crossings

Everything goes over HTTP, so the same script counts an older tree: run it there with the tree as working directory.
The shell is what all five requests pass.
"""

from __future__ import annotations

import logging
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import flask_migrate
from flask.testing import FlaskClient

sys.path.insert(0, str(Path.cwd()))  # the tree that is to be count_crossings

from app import create_app  # after its tree is known
from config import from_environment

ROOT = f"{Path.cwd()}/app/"
EMAIL, PASSWORD = "alice@example.org", "a fine long password"


class Crossings:
    """The functions of app/ that were called, by file, and how often a call led from one file into another."""

    def __init__(self) -> None:
        self.functions: set[tuple[str, str]] = set()
        self.switches = 0

    @property
    def files(self) -> set[str]:
        return {file for file, _ in self.functions}

    def hear(self, frame: FrameType, event: str, _argument: Any) -> None:
        file = frame.f_code.co_filename
        if event != "call" or not file.startswith(ROOT) or not file.endswith(".py"):
            return
        self.functions.add((file.removeprefix(ROOT), frame.f_code.co_qualname))
        self.switches += self._caller(frame) != file

    def _caller(self, frame: FrameType) -> str | None:
        """Return the file of ours from which the call came, through whatever library."""
        above = frame.f_back
        while above and not above.f_code.co_filename.startswith(ROOT):
            above = above.f_back
        return above.f_code.co_filename if above else None


@contextmanager
def count_crossings() -> Iterator[Crossings]:
    crossings = Crossings()
    sys.setprofile(crossings.hear)
    try:
        yield crossings
    finally:
        sys.setprofile(None)


def token_of(client: FlaskClient, path: str) -> str:
    found: list[str] = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(path).text)
    return found[0]


def submit(client: FlaskClient, page: str, action: str, **fields: str) -> Any:
    return client.post(action, data={"csrf_token": token_of(client, page), **fields})


def requests(client: FlaskClient) -> dict[str, Callable[[], Any]]:
    """Return the requests, each ready to be sent once."""
    submit(client, "/sign-up", "/sign-up", email=EMAIL, password=PASSWORD, again=PASSWORD)
    made = submit(
        client, "/notes/new", "/notes", key="first", title="Bread", body="one\ntwo", tags="home", status="none"
    )
    note = made.headers["Location"].rpartition("/")[2]
    save = {"title": "Bread", "tags": "home", "status": "none"}
    submit(client, f"/notes/{note}/edit", f"/notes/{note}", version="1", body="1\ntwo", **save)
    page = submit(client, "/account/tokens", "/account/tokens", name="tool", scope="write", days="30")
    [bearer] = re.findall(r'id="made"[^>]*value="([^"]+)"', page.text)
    headers = {"Authorization": f"Bearer {bearer}", "If-Match": '"2"'}
    form, sign_in = token_of(client, "/notes/new"), client.application.test_client()
    entering = {"csrf_token": token_of(sign_in, "/sign-in"), "email": EMAIL, "password": PASSWORD}
    new = {"csrf_token": form, "key": "second", "title": "Cake", "body": "text", "tags": "home", "status": "none"}
    conflict = {"csrf_token": form, "version": "1", "body": "one!\ntwo", **save}
    return {
        "list": lambda: client.get("/notes"),
        "create": lambda: client.post("/notes", data=new),
        "save with a conflict": lambda: client.post(f"/notes/{note}", data=conflict),
        "API: PATCH": lambda: client.patch(f"/api/v1/notes/{note}", json={"title": "Rolls"}, headers=headers),
        "sign in": lambda: sign_in.post("/sign-in", data=entering),
    }


EXPECTED = {"list": 200, "create": 303, "save with a conflict": 409, "API: PATCH": 200, "sign in": 303}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = {"APP_ENV": "testing", "SECRET_KEY": "0123456789abcdef" * 4, "SIGN_UP": "open"}
        app = create_app(from_environment({**settings, "DATABASE_URL": f"sqlite:///{folder}/notes.db"}))
        app.logger.setLevel(logging.WARNING)
        with app.app_context():
            flask_migrate.upgrade(directory="migrations")
        found: dict[str, Crossings] = {}
        for name, send in requests(app.test_client()).items():
            with count_crossings() as found[name]:
                answer = send()
            if answer.status_code != EXPECTED[name]:
                sys.exit(f"{name} was answered with {answer.status}.")
    shell = set.intersection(*(one.files for one in found.values()))
    print("| request | files | of which shell | functions | calls from file to file |")
    print("|---|---:|---:|---:|---:|")
    for name, one in found.items():
        print(f"| {name} | {len(one.files)} | {len(shell)} | {len(one.functions)} | {one.switches} |")
    print(f"\nThe shell: {', '.join(sorted(shell))}.")
    if "--files" in sys.argv:
        for name, one in found.items():
            print(f"\n{name}: {', '.join(sorted(one.files - shell))}")


if __name__ == "__main__":
    main()

"""How fast the API lists twenty notes, beside Flask answering a constant, and how much memory an export takes.

`make bench BENCH=api`. The contestants take turns, and medians count.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path

import flask_migrate
from flask import Flask, jsonify
from flask.typing import ResponseReturnValue

from app import create_app
from app.accounts import service as accounts
from app.accounts import tokens
from app.notes import service
from app.notes.drafts import Draft
from benchmarks.load import KEY, gunicorn, own_memory, wrk
from config import ROOT, from_environment

ROUNDS = 7
SECONDS = 2
NOTES = 2000
LIST = "/api/v1/notes"
EXPORTED = int(os.environ.get("EXPORTED", "100000"))


def constant() -> Flask:
    """Flask and a few constant words of JSON."""
    app = Flask("constant")

    @app.get("/")
    def answer() -> ResponseReturnValue:
        return jsonify(status="ok")

    return app


def same() -> Flask:
    """Flask and the answer of the list, which lies in the file SAME, as a constant."""
    app, content = Flask("same"), json.loads(Path(os.environ["SAME"]).read_text())

    @app.get("/")
    def answer() -> ResponseReturnValue:
        return jsonify(content)

    return app


def _fill(url: str, number: int) -> str:
    """Make an account with so many notes, and return its token."""
    app = create_app(from_environment({"APP_ENV": "production", "SECRET_KEY": KEY, "DATABASE_URL": url}))
    with app.app_context():
        flask_migrate.upgrade(directory=str(ROOT / "migrations"))
        owner = accounts.create("person@example.org", "four plain words here").id
        for n in range(number):
            service.create(owner, Draft(f"Title {n}", "word " * 60, ("a", "b"), "open"), f"{n}")
        return tokens.create(owner, "benchmark", "write")


def _answer(url: str, token: str, path: str) -> bytes:
    app = create_app(from_environment({"APP_ENV": "production", "SECRET_KEY": KEY, "DATABASE_URL": url}))
    return app.test_client().get(path, headers={"Authorization": f"Bearer {token}"}).data


def rates(folder: Path) -> dict[str, float]:
    url, script, page = f"sqlite:///{folder}/notes.db", folder / "token.lua", folder / "same.json"
    token = _fill(url, NOTES)
    script.write_text(f'wrk.headers["Authorization"] = "Bearer {token}"\n')
    page.write_bytes(_answer(url, token, LIST))
    found: dict[str, list[float]] = defaultdict(list)
    with ExitStack() as running:
        contestants = {
            "constant": (running.enter_context(gunicorn("benchmarks.api:constant()", {})), "/"),
            "same bytes": (running.enter_context(gunicorn("benchmarks.api:same()", {"SAME": str(page)})), "/"),
            "list of 20": (running.enter_context(gunicorn("crudapp:app", {"DATABASE_URL": url})), LIST),
        }
        for _ in range(ROUNDS):
            for name, (worker, path) in contestants.items():
                found[name].append(wrk(worker, path, SECONDS, script=script).processor)
    return {name: statistics.median(each) for name, each in found.items()}


def memory(folder: Path, number: int) -> int:
    """Return the MiB that a worker has at most while `number` notes are exported."""
    made = subprocess.run(
        [sys.executable, "-m", "benchmarks.api", str(folder), str(number)], check=True, capture_output=True
    )
    return int(made.stdout.splitlines()[-1])


def _export(folder: Path, number: int) -> None:
    url = f"sqlite:///{folder}/{number}.db"
    app = create_app(from_environment({"APP_ENV": "production", "SECRET_KEY": KEY, "DATABASE_URL": url}))
    token = (folder / f"{number}.token").read_text()
    answer = app.test_client().get("/api/v1/export", headers={"Authorization": f"Bearer {token}"}, buffered=False)
    lines = most = 0
    for chunk in answer.response:
        lines += chunk.count(b"\n")
        if lines % 100 == 0:
            # Its own memory: pages of the database file that it maps can be taken from it at any time.
            most = max(most, own_memory(os.getpid()))
    assert lines == number, lines
    print(most // 1024)


def main() -> None:
    if len(sys.argv) == 3:
        _export(Path(sys.argv[1]), int(sys.argv[2]))
        return
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        measured = rates(folder)
        for name, rate in measured.items():
            print(f"{name}: {rate:.0f} requests a second of processor time")
        for name in ("constant", "same bytes"):
            print(f"list of 20 / {name}: {measured['list of 20'] / measured[name]:.0%}")
        for number in (100, EXPORTED):
            (folder / f"{number}.token").write_text(_fill(f"sqlite:///{folder}/{number}.db", number))
            print(f"export of {number}: {memory(folder, number)} MiB at most")


if __name__ == "__main__":
    main()

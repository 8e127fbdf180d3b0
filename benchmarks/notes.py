"""How many requests a second one worker answers, with 100, 10,000 and 1,000,000 notes, on SQLite and on MariaDB.

Contestants and the template ceiling take turns, in several short rounds; medians and ratios go to RESULTS.md.
"""

from __future__ import annotations

import argparse
import logging
import platform
import re
import secrets
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import mariadb  # tests/mariadb.py
from flask import Flask
from sqlalchemy import insert, select

from app import create_app, database
from app.accounts import sessions
from app.accounts.models import account
from app.extensions import db
from app.notes import pages
from app.notes.models import note
from benchmarks import data, load
from benchmarks.load import Worker, gunicorn
from config import from_environment

RESULTS = Path(__file__).with_name("RESULTS.md")
DEEP = 100  # pages
SECONDS = 1  # a run of wrk
SEARCHES = {
    "search, rare word": data.RARE,
    "search, two medium words": " ".join(data.MEDIUM),
    "search, word in a third": data.THIRD,
}
ACTIONS = ["list, first page", "list, 100 pages deep", "read", *SEARCHES, "create", "edit"]
CEILING = "template"
THREADED = "MariaDB with 4 threads"

Run = Callable[[int, int], float]
"""Takes the number of the round and the seconds, and returns requests a second."""

HEAD = """# What one worker process answers

{today}, {rounds} rounds, four connections (one for edits), medians; `make bench` makes these figures anew.
{versions}.

Each figure: requests a second, and in brackets the part of what the template ceiling did in the second before. That
ceiling is our list page of twenty constant rows without database, session and log line: {ceiling:,.0f} a second.

| | requests a second | of the ceiling |
|---|---:|---:|"""
# A note as long as those of the pile, so that the pages stay as heavy as they were.
BODY = "\n".join(" ".join(f"measured{number}" for number in range(start, start + 12)) for start in range(0, 60, 12))

CREATE = """
local number = 0
wrk.method = "POST"
wrk.path = "/notes"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
request = function()
  number = number + 1
  return wrk.format(nil, nil, nil, "{form}&key={run}." .. number)
end
"""
# An edit names the version that it is based on, so the next one waits for the answer: over one connection only.
EDIT = """
local version = 1
wrk.method = "POST"
wrk.path = "/notes/{note}"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
request = function()
  return wrk.format(nil, nil, nil, "{form}+" .. version .. "&version=" .. version)
end
response = function()
  version = version + 1
end
"""
MIXED = """
local number = 0
local paths = {{ {paths} }}
request = function()
  number = number + 1
  return wrk.format("GET", paths[number % #paths + 1])
end
"""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody signed in to a server: the cookie, the token of the forms, and some of the person's addresses."""

    cookie: str
    token: str
    deep: str
    notes: list[str]

    @property
    def form(self) -> str:
        fields = {"csrf_token": self.token, "status": "none", "due_on": "", "tags": data.TAGS[0], "title": "Measured"}
        return urllib.parse.urlencode(fields | {"body": BODY})


@dataclass(frozen=True, slots=True)
class Crew:
    """The people of one database. The writer makes the new notes, so that the piles of the owners stay as they are."""

    writer: Person
    owners: dict[str, Person]


@dataclass(slots=True)
class Rates:
    """Requests a second, by what was measured, one figure for each round; and the same as parts of the ceiling's."""

    absolute: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    relative: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def rate(self, name: str) -> float:
        return statistics.median(self.absolute[name])

    def ratio(self, name: str) -> float:
        return statistics.median(self.relative[name])


# --- Servers and people ------------------------------------------------------------------------------------------


def sign_in(url: str, size: int) -> Crew:
    app = create_app(from_environment({"APP_ENV": "production", "SECRET_KEY": load.KEY, "DATABASE_URL": url}))
    app.logger.setLevel(logging.WARNING)
    with app.app_context():
        row = {"email": "writer@example.org", "password_hash": "!", "created_at": data.FIRST_MOMENT}
        database.connection().execute(insert(account), row)
        writer: int = database.read(select(account.c.id).where(account.c.email == row["email"])).scalar_one()
        everybody = owners_of(size) | {"writer": writer}
        crew = {
            name: (sessions.start(owner, "benchmark"), _deep(owner), _notes(owner)) for name, owner in everybody.items()
        }
        database.release()
        db.engine.dispose()
    owners = {name: Person(*_browse(app, token), deep, notes) for name, (token, deep, notes) in crew.items()}
    return Crew(owners.pop("writer"), owners)


def owners_of(size: int) -> dict[str, int]:
    pile = data.PILES[size]
    if pile.owners < 1_000:
        return {f"{size:,}": data.BIG_OWNER}
    return {f"{size:,}": pile.ordinary_owner, f"{size:,}, owner of {pile.biggest:,}": data.BIG_OWNER}


def _browse(app: Flask, token: str) -> tuple[str, str]:
    """Return the cookie and the token of the forms that a browser holds whose session has `token`."""
    browser, secure = app.test_client(), "https://localhost"
    with browser.session_transaction(base_url=secure) as session:
        session["token"] = token
        session.permanent = True
    page = browser.get("/notes/new", base_url=secure)
    cookie = browser.get_cookie(app.config["SESSION_COOKIE_NAME"])
    assert cookie
    return f"{cookie.key}={cookie.value}", re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)[0]


def _deep(owner: int) -> str:
    cursor, page = None, pages.in_place(owner, "notes", None)
    for _ in range(DEEP):
        if page.older is None:
            break
        cursor, page = page.older, pages.in_place(owner, "notes", page.older)
    return f"/notes?at={cursor}" if cursor else "/notes"


def _notes(owner: int) -> list[str]:
    """Return the ids of old notes that nobody has changed yet."""
    fresh = select(note.c.id).where(note.c.owner_id == owner, note.c.place == "notes", note.c.version == 1)
    return [str(number) for number in database.read(fresh.order_by(note.c.id).limit(80)).scalars()]


@contextmanager
def copies(sizes: list[int]) -> Iterator[dict[tuple[str, int], str]]:
    """Copy the kept databases, start what they need, and yield their addresses by kind and size."""
    with ExitStack() as stack:
        data.KEPT.mkdir(parents=True, exist_ok=True)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="run-", dir=data.KEPT)))
        urls = {}
        for size in sizes:
            urls["SQLite", size] = f"sqlite:///{shutil.copy(data.sqlite_file(size), folder)}"
            copied = shutil.copytree(data.mariadb_folder(size), folder / f"{size}.mariadb")
            urls["MariaDB", size] = f"{stack.enter_context(data.mariadb_on(copied))}/notes"
        yield urls


# --- Measuring ---------------------------------------------------------------------------------------------------


def actions(worker: Worker, person: Person, writer: Person, scripts: Path) -> dict[str, Run]:
    """Return what is measured of one person on one server; each function takes the round and the seconds."""

    def get(path: str) -> Run:
        check(worker.url + path, person.cookie)
        return lambda _round, seconds: load.wrk(worker.url + path, seconds, person.cookie)[1]

    def create(_round: int, seconds: int) -> float:
        return post(CREATE.format(form=writer.form, run=secrets.token_hex(8)), seconds, writer.cookie)

    def edit(number: int, seconds: int) -> float:
        return post(EDIT.format(form=person.form, note=person.notes[number]), seconds, person.cookie, connections=1)

    def post(script: str, seconds: int, cookie: str, connections: int = load.CONNECTIONS) -> float:
        file = scripts / "post.lua"
        file.write_text(script)
        return load.wrk(worker.url, seconds, cookie, file, connections)[1]

    searches = {name: get(f"/search?{urllib.parse.urlencode({'q': typed})}") for name, typed in SEARCHES.items()}
    return {
        "list, first page": get("/notes"),
        "list, 100 pages deep": get(person.deep),
        "read": get(f"/notes/{person.notes[-1]}"),
        **searches,
        "create": create,
        "edit": edit,
    }


def check(url: str, cookie: str) -> None:
    """Refuse to measure anything but a page of somebody who is signed in."""
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Cookie": cookie})) as answer:
        if "data-account" not in answer.read().decode():
            raise RuntimeError(f"{url} is not the page that was to be measured, but {answer.url}.")


def measure(urls: dict[tuple[str, int], str], crews: dict[str, Crew], rounds: int, seconds: int) -> Rates:
    rates = Rates()
    with ExitStack() as stack:
        scripts = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ceiling = stack.enter_context(gunicorn("benchmarks.ceilings:template()", {}))
        groups = {"": _ceilings(stack, scripts, {size for _, size in urls})}
        for (kind, _), url in urls.items():
            worker = stack.enter_context(gunicorn("crudapp:app", {"DATABASE_URL": url}))
            for name, person in crews[url].owners.items():
                groups[f"{kind}, {name}"] = actions(worker, person, crews[url].writer, scripts)
        for (kind, size), url in urls.items():
            if kind == "MariaDB":
                worker = stack.enter_context(gunicorn("crudapp:app", {"DATABASE_URL": url}, threads=4))
                person = next(iter(crews[url].owners.values()))
                every = actions(worker, person, crews[url].writer, scripts)
                groups[f"{THREADED}, {size:,}"] = {action: every[action] for action in ACTIONS[:1]}
        for number in range(rounds):
            for group, measured in groups.items():
                for action, run in measured.items():
                    # The ceiling beside each contestant, because others use this machine, too.
                    _, highest = load.wrk(f"{ceiling.url}/notes", seconds)
                    rate = run(number, seconds)
                    rates.absolute[CEILING].append(highest)
                    rates.absolute[f"{group}: {action}"].append(rate)
                    rates.relative[f"{group}: {action}"].append(rate / highest)
            print(f"round {number + 1} of {rounds}", flush=True)
    return rates


def _ceilings(stack: ExitStack, scripts: Path, sizes: set[int]) -> dict[str, Run]:
    bare = stack.enter_context(gunicorn("benchmarks.ceilings:bare()", {}))
    found: dict[str, Run] = {"bare WSGI": lambda _round, seconds: load.wrk(bare.url, seconds)[1]}
    # With a million entries on its page the original does not answer within gunicorn's thirty seconds.
    for size in sorted(size for size in sizes if size <= 10_000):
        environ = {"ORIGINAL_DATABASE": f"sqlite:///{scripts}/{size}.db", "ENTRIES": str(size)}
        worker = stack.enter_context(gunicorn("benchmarks.ceilings:original()", environ))
        found[f"the original, {size:,} entries"] = _original(worker)
    return found


def _original(worker: Worker) -> Run:
    # At least three answers, however long they take.
    return lambda _round, seconds: load.wrk(worker.url, seconds + 4)[1]


def memory(url: str, person: Person, requests: int) -> list[tuple[int, int]]:
    """Return how many requests a worker has answered, and its own KiB then: warm, and up to the end."""
    paths = ["/notes", person.deep, f"/notes/{person.notes[0]}", "/tasks", f"/search?q={data.THIRD}", "/notes/new"]
    readings: list[tuple[int, int]] = []
    answered = 0
    with gunicorn("crudapp:app", {"DATABASE_URL": url}) as worker, tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "mixed.lua"
        script.write_text(MIXED.format(paths=", ".join(f'"{path}"' for path in paths)))
        while answered < requests:
            answered += load.wrk(worker.url, 10 if readings else 2, person.cookie, script)[0]
            readings.append((answered, worker.own_memory()))
    return readings


# --- Reporting ---------------------------------------------------------------------------------------------------


def targets(rates: Rates) -> Iterator[tuple[str, float, float, bool]]:
    """Yield each promise with what was measured, the limit, and whether it is kept."""
    sizes = [name.removeprefix("SQLite, ") for name in _groups(rates) if name.startswith("SQLite")]
    first, deep = ACTIONS[:2]
    for kind, least in (("SQLite", 0.45), ("MariaDB", 0.33)):
        group = [f"{kind}, {size}" for size in sizes]
        listed = rates.ratio(f"{group[0]}: {first}")
        yield f"{kind}: list, part of the ceiling", listed, least, listed >= least
        for name in group[1:]:
            for action in (first, deep):
                slower = rates.ratio(f"{group[0]}: {action}") / rates.ratio(f"{name}: {action}")
                yield f"{name}: {action}, times that of {sizes[0]}", slower, 1.2, slower <= 1.2
        for name in group:
            for search, most in (("search, rare word", 3), ("search, word in a third", 20)):
                slower = rates.ratio(f"{name}: {first}") / rates.ratio(f"{name}: {search}")
                yield f"{name}: {search}, times a list", slower, most, slower <= most


def _groups(rates: Rates) -> list[str]:
    return list(dict.fromkeys(name.partition(":")[0] for name in rates.relative))


def report(rates: Rates, readings: dict[str, list[tuple[int, int]]], rounds: int, seconds: int) -> str:
    lines = [
        HEAD.format(today=datetime.now(UTC).date(), rounds=rounds, versions=versions(), ceiling=rates.rate(CEILING))
    ]
    alone = [name for name in rates.relative if name.startswith((": ", THREADED))]
    lines += [f"| {name.removeprefix(': ')} | {rates.rate(name):,.1f} | {rates.ratio(name):.3f} |" for name in alone]
    for kind in ("SQLite", "MariaDB"):
        groups = [group for group in _groups(rates) if group.startswith(f"{kind}, ")]
        lines += ["", f"## {kind}, one sync worker", ""]
        lines.append("| notes | " + " | ".join(group.removeprefix(f"{kind}, ") for group in groups) + " |")
        lines.append("|---|" + "---:|" * len(groups))
        lines += [f"| {action} | {' | '.join(_cell(rates, group, action) for group in groups)} |" for action in ACTIONS]
    lines += ["", "## Promises", "", "| | measured | limit | kept |", "|---|---:|---:|---|"]
    lines += [
        f"| {name} | {value:.2f} | {limit} | {'yes' if kept else 'no'} |" for name, value, limit, kept in targets(rates)
    ]
    lines += ["", "## Memory of one worker (RssAnon, KiB)", ""]
    for kind, values in readings.items():
        lines.append(f"- {kind}: " + ", ".join(f"{size:,} after {answered:,} requests" for answered, size in values))
    return "\n".join(lines) + "\n"


def _cell(rates: Rates, group: str, action: str) -> str:
    return f"{rates.rate(f'{group}: {action}'):,.0f} ({rates.ratio(f'{group}: {action}'):.2f})"


def versions() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in ("flask", "sqlalchemy", "pymysql", "gunicorn"))
    server = subprocess.run(
        [shutil.which("mariadbd", path=mariadb._path()) or "", "--version"], check=True, capture_output=True, text=True
    ).stdout
    mariadb_version = re.findall(r"Ver (\S+)", server)[0]
    return f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, MariaDB {mariadb_version}, {packages}"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="100 notes, one round: shows that the measurement runs")
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args()
    if reason := load.missing() or mariadb.missing():
        sys.exit(reason)
    sizes, rounds, requests = ([100], 1, 1_000) if chosen.quick else (list(data.PILES), chosen.rounds, 100_000)
    with copies(sizes) as urls:
        crews = {url: sign_in(url, size) for (_, size), url in urls.items()}
        rates = measure(urls, crews, rounds, SECONDS)
        largest = {kind: url for (kind, _), url in urls.items()}
        readings = {kind: memory(url, list(crews[url].owners.values())[-1], requests) for kind, url in largest.items()}
    text = report(rates, readings, rounds, SECONDS)
    print(text)
    if not chosen.quick:
        RESULTS.write_text(text)


if __name__ == "__main__":
    main()

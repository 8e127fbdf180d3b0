"""How many requests a second one worker answers, with 100, 10,000 and 1,000,000 notes, on SQLite, MariaDB and MySQL.

Contestants and the template ceiling take turns, in several short rounds; medians and ratios go to RESULTS.md.
"""

from __future__ import annotations

import argparse
import logging
import os
import platform
import re
import secrets
import shutil
import sqlite3
import statistics
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
from itertools import product
from pathlib import Path

from flask import Flask
from sqlalchemy import insert, select

from app import create_app, db
from app.accounts import sessions
from app.accounts.models import account
from app.db.metadata import sqlalchemy
from app.notes import note_lists
from app.notes.models import note
from benchmarks import data, load, performance
from benchmarks.load import Rate, Worker, gunicorn, wrk
from config import from_environment
from devtools.databases import ENGINES
from devtools.programs import MissingProgram, find_program

MISSED = """\
What has "no" was missed in this run and stands as it was measured. Either a list reads more where there is more, which
`tests/notes/test_cost.py` would find by counting rows; or others used the machine while that row was measured, or not
while the smallest size was. Measure again with more rounds on a machine of its own: `make bench`."""
RESULTS = Path(__file__).with_name("RESULTS.md")
DEEP = 100  # pages
SECONDS = 1  # a run of wrk
FIRST, DEEPER = "list, first page", "list, 100 pages deep"
RARE, HALF = "search, rare word", "search, half of a rare word"
MEDIUM, THIRD = "search, two medium words", "search, word in a third"
SEARCHES = {RARE: data.RARE, HALF: data.RARE[:5], MEDIUM: " ".join(data.MEDIUM), THIRD: data.THIRD}
ACTIONS = [FIRST, DEEPER, "read", *SEARCHES, "create", "edit"]
KINDS = {"mariadb": "MariaDB", "mysql": "MySQL"}  # by the name of the engine
THREADED = "with 4 threads"

Run = Callable[[int], Rate]
"""Takes the number of the round."""

HEAD = """# What one worker process answers

{today}, {rounds} rounds, four connections (one for edits), medians; `make bench` makes these figures anew.
{versions}.

Each figure: requests in a second of processor time of the worker and its database server, and in brackets the part of
what the template ceiling did in the second before. Others use the machine (load average now: {load:.0f}); on one of its
own, a sync worker does nearly as many by the clock, but for writes, which also wait for the disk. That ceiling is our
list page of twenty constant rows without database, session and log line: {ceiling:,.0f} a second.

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


@dataclass(frozen=True, slots=True)
class Database:
    kind: str
    size: int
    url: str
    pid: int | None = None


@dataclass(slots=True)
class Rates:
    """What was measured, by its name, once for each round: the rate, and that of the ceiling right before it."""

    pairs: dict[str, list[tuple[Rate, Rate]]] = field(default_factory=lambda: defaultdict(list))

    def rate(self, name: str) -> float:
        """Return the median of requests in a second of processor time."""
        return statistics.median(rate.processor for rate, _ in self.pairs[name])

    def ratio(self, name: str) -> float:
        return statistics.median(rate.processor / ceiling.processor for rate, ceiling in self.pairs[name])

    def ratio_by_clock(self, name: str) -> float:
        return statistics.median(rate.clock / ceiling.clock for rate, ceiling in self.pairs[name])

    def ceiling(self) -> float:
        return statistics.median(ceiling.processor for pairs in self.pairs.values() for _, ceiling in pairs)


# --- Servers and people ------------------------------------------------------------------------------------------


def sign_in(url: str, owners: dict[str, int]) -> Crew:
    """Return the people of the database at `url`: a writer, and the owners, by any name."""
    app = create_app(from_environment({"APP_ENV": "production", "SECRET_KEY": load.KEY, "DATABASE_URL": url}))
    app.logger.setLevel(logging.WARNING)
    with app.app_context():
        row = {"email": "writer@example.org", "password_hash": "!", "created_at": data.FIRST_MOMENT}
        db.connection().execute(insert(account), row)
        writer: int = db.read(select(account.c.id).where(account.c.email == row["email"])).scalar_one()
        everybody = owners | {"writer": writer}
        crew = {
            name: (sessions.start(owner, "benchmark"), _deep(owner), _notes(owner)) for name, owner in everybody.items()
        }
        db.release()
        sqlalchemy.engine.dispose()
    people = {name: Person(*_browse(app, token), deep, notes) for name, (token, deep, notes) in crew.items()}
    return Crew(people.pop("writer"), people)


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
    cursor, page = None, note_lists.in_place(owner, "notes", None)
    for _ in range(DEEP):
        if page.older is None:
            break
        cursor, page = page.older, note_lists.in_place(owner, "notes", page.older)
    return f"/notes?at={cursor}" if cursor else "/notes"


def _notes(owner: int) -> list[str]:
    """Return the ids of old notes that were not changed yet."""
    fresh = select(note.c.id).where(note.c.owner_id == owner, note.c.place == "notes", note.c.version == 1)
    return [str(number) for number in db.read(fresh.order_by(note.c.id).limit(80)).scalars()]


@contextmanager
def copies(sizes: list[int]) -> Iterator[list[Database]]:
    """Copy the kept databases, start what they need, and yield them."""
    with ExitStack() as stack:
        data.KEPT.mkdir(parents=True, exist_ok=True)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="run-", dir=data.KEPT)))
        found = [Database("SQLite", size, f"sqlite:///{shutil.copy(data.sqlite_file(size), folder)}") for size in sizes]
        for engine, size in product(ENGINES, sizes):
            copied = shutil.copytree(data.server_folder(engine, size), folder / f"{size}.{engine}")
            server = stack.enter_context(data.server_on(engine, copied))
            found.append(Database(KINDS[engine], size, f"{server}/notes", int((copied / "pid").read_text())))
        yield found


# --- Measuring ---------------------------------------------------------------------------------------------------


def actions(worker: Worker, person: Person, writer: Person, scripts: Path) -> dict[str, Run]:
    """Return what is measured of one person on one server."""

    def get(path: str) -> Run:
        check(worker.url + path, person.cookie)
        return lambda _round: wrk(worker, path, SECONDS, person.cookie)

    def create(_round: int) -> Rate:
        script = _write_script(scripts, CREATE.format(form=writer.form, run=secrets.token_hex(8)))
        return wrk(worker, "/notes", SECONDS, writer.cookie, script=script)

    def edit(number: int) -> Rate:
        script = _write_script(scripts, EDIT.format(form=person.form, note=person.notes[number]))
        return wrk(worker, "/notes", SECONDS, person.cookie, script=script, connections=1)

    searches = {name: get(f"/search?{urllib.parse.urlencode({'q': typed})}") for name, typed in SEARCHES.items()}
    lists = {FIRST: get("/notes"), DEEPER: get(person.deep)}
    return {**lists, "read": get(f"/notes/{person.notes[-1]}"), **searches, "create": create, "edit": edit}


def _write_script(folder: Path, script: str) -> Path:
    file = folder / "script.lua"
    file.write_text(script)
    return file


def check(url: str, cookie: str) -> None:
    """Warm a page up, and refuse to measure anything but a page of somebody who is signed in."""
    for _ in range(3):
        urllib.request.urlopen(urllib.request.Request(url, headers={"Cookie": cookie})).close()
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Cookie": cookie})) as answer:
        if "data-account" not in answer.read().decode():
            raise RuntimeError(f"{url} is not the page that was to be measured, but {answer.url}.")


def measure(databases: list[Database], crews: dict[str, Crew], rounds: int, *, quick: bool = False) -> Rates:
    """Measure everything `rounds` times; if `quick`, the ceiling is measured once a round."""
    rates = Rates()
    with ExitStack() as stack:
        scripts = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ceiling = stack.enter_context(gunicorn("benchmarks.ceilings:template()", {}))
        groups = {"": _ceilings(stack, scripts, {one.size for one in databases})}
        for one in databases:
            crew, environ = crews[one.url], {"DATABASE_URL": one.url}
            worker = stack.enter_context(gunicorn("crudapp:app", environ, server=one.pid))
            for name, person in crew.owners.items():
                groups[f"{one.kind}, {name}"] = actions(worker, person, crew.writer, scripts)
            if one.kind != "SQLite":
                worker = stack.enter_context(gunicorn("crudapp:app", environ, threads=4, server=one.pid))
                every = actions(worker, next(iter(crew.owners.values())), crew.writer, scripts)
                groups[f"{one.kind} {THREADED}, {one.size:,}"] = {action: every[action] for action in ACTIONS[:1]}
        for number in range(rounds):
            highest = wrk(ceiling, "/notes", SECONDS)
            for group, measured in groups.items():
                for action, run in measured.items():
                    # The ceiling beside each contestant, because others use this machine, too.
                    highest = highest if quick else wrk(ceiling, "/notes", SECONDS)
                    rates.pairs[f"{group}: {action}"].append((run(number), highest))
            print(f"round {number + 1} of {rounds}", flush=True)
    return rates


def _ceilings(stack: ExitStack, scripts: Path, sizes: set[int]) -> dict[str, Run]:
    bare = stack.enter_context(gunicorn("benchmarks.ceilings:bare()", {}))
    found: dict[str, Run] = {"bare WSGI": lambda _round: wrk(bare, "/", SECONDS)}
    # With a million entries on its page the original does not answer within gunicorn's thirty seconds.
    for size in sorted(size for size in sizes if size <= 10_000):
        environ = {"ORIGINAL_DATABASE": f"sqlite:///{scripts}/{size}.db", "ENTRIES": str(size)}
        worker = stack.enter_context(gunicorn("benchmarks.ceilings:original()", environ))
        found[f"the original, {size:,} entries"] = _original(worker)
    return found


def _original(worker: Worker) -> Run:
    return lambda _round: wrk(worker, "/", 5, connections=1)


def memory(database: Database, person: Person, requests: int, seconds: int = 20) -> list[tuple[int, int]]:
    """Return how many requests a worker has answered, and its own KiB then: warm, and up to the end."""
    paths = ["/notes", person.deep, f"/notes/{person.notes[0]}", "/tasks", f"/search?q={data.THIRD}", "/notes/new"]
    readings: list[tuple[int, int]] = []
    answered = 0
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        worker = stack.enter_context(gunicorn("crudapp:app", {"DATABASE_URL": database.url}))
        script = _write_script(folder, MIXED.format(paths=", ".join(f'"{path}"' for path in paths)))
        while answered < requests:
            answered += wrk(worker, "", seconds if readings else 2, person.cookie, script=script).requests
            readings.append((answered, worker.own_memory()))
    return readings


# --- Reporting ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Promise:
    """`most` times slower than something else, at most: measured by processor time and by the clock."""

    name: str
    measured: float
    by_clock: float
    most: float


def promises(rates: Rates) -> Iterator[Promise]:
    def compare(name: str, fast: str, slow: str, most: float) -> Promise:
        by_clock = rates.ratio_by_clock(fast) / rates.ratio_by_clock(slow)
        return Promise(name, rates.ratio(fast) / rates.ratio(slow), by_clock, most)

    for kind, least in (("SQLite", 0.45), ("MariaDB", 0.33), ("MySQL", 0.33)):
        groups = [group for group in _groups(rates) if group.startswith(f"{kind}, ")]
        smallest = groups[0]
        listed = f"{smallest}: {FIRST}"
        yield Promise(
            f"{smallest}: ceiling / list", 1 / rates.ratio(listed), 1 / rates.ratio_by_clock(listed), 1 / least
        )
        for group in groups[1:]:
            # The deepest page of a hundred notes is shorter than a page, so its first one is what a page costs there.
            for action in (FIRST, DEEPER):
                yield compare(f"{group}: {action} / first page of the smallest", listed, f"{group}: {action}", 1.2)
        for group in groups:
            for action, most in ((RARE, 3), (HALF, 3), (THIRD, 20)):
                yield compare(f"{group}: {action} / list", f"{group}: {FIRST}", f"{group}: {action}", most)


def _groups(rates: Rates) -> list[str]:
    return list(dict.fromkeys(name.partition(":")[0] for name in rates.pairs))


def report(rates: Rates, readings: dict[str, list[tuple[int, int]]], rounds: int) -> str:
    lines = [
        HEAD.format(
            today=datetime.now(UTC).date(),
            rounds=rounds,
            versions=versions(),
            ceiling=rates.ceiling(),
            load=os.getloadavg()[2],
        )
    ]
    alone = [name for name in rates.pairs if name.startswith(": ") or THREADED in name]
    lines += [f"| {name.removeprefix(': ')} | {rates.rate(name):,.1f} | {rates.ratio(name):.3f} |" for name in alone]
    for kind in ("SQLite", *KINDS.values()):
        groups = [group for group in _groups(rates) if group.startswith(f"{kind}, ")]
        lines += ["", f"## {kind}, one sync worker", ""]
        lines.append("| notes | " + " | ".join(group.removeprefix(f"{kind}, ") for group in groups) + " |")
        lines.append("|---|" + "---:|" * len(groups))
        lines += [f"| {action} | {' | '.join(_cell(rates, group, action) for group in groups)} |" for action in ACTIONS]
    lines += [
        "",
        "## Promises: how many times longer",
        "",
        "| | time | by the clock | at most | kept |",
        "|---|---:|---:|---:|---|",
    ]
    lines += [_promise(promise) for promise in promises(rates)]
    if any(promise.measured > promise.most for promise in promises(rates)):
        lines += ["", MISSED]
    lines += ["", "## Memory of one worker (RssAnon, KiB)", ""]
    for kind, values in readings.items():
        lines.append(f"- {kind}: " + ", ".join(f"{size:,} after {answered:,} requests" for answered, size in values))
    return "\n".join(lines) + "\n"


def pages(rates: Rates) -> dict[str, dict[str, float]]:
    """Return the microseconds of a list's first page, by database and number of notes, of an ordinary person."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for kind, size in product(("SQLite", *KINDS.values()), data.PILES):
        found[kind][f"{size:,}"] = 1e6 / rates.rate(f"{kind}, {size:,}: {FIRST}")
    return found


def _promise(one: Promise) -> str:
    kept = "yes" if one.measured <= one.most else "no, see below"
    return f"| {one.name} | {one.measured:.2f} | {one.by_clock:.2f} | {one.most:.2f} | {kept} |"


def _cell(rates: Rates, group: str, action: str) -> str:
    return f"{rates.rate(f'{group}: {action}'):,.0f} ({rates.ratio(f'{group}: {action}'):.2f})"


def versions() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in ("flask", "sqlalchemy", "pymysql", "gunicorn"))
    servers = ", ".join(f"{KINDS[name]} {engine.version()}" for name, engine in ENGINES.items())
    return f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {servers}, {packages}"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="100 notes, one round: shows that the measurement runs")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--requests", type=int, default=100_000, help="of which a worker's memory is watched")
    chosen = options.parse_args()
    try:
        find_program("wrk")
        versions()
    except MissingProgram as lack:
        sys.exit(str(lack))
    sizes, rounds, requests = list(data.PILES), chosen.rounds, chosen.requests
    if chosen.quick:
        sizes, rounds, requests = [100], 1, 300
    with copies(sizes) as databases:
        crews = {one.url: sign_in(one.url, owners_of(one.size)) for one in databases}
        rates = measure(databases, crews, rounds, quick=chosen.quick)
        largest = {one.kind: one for one in databases}
        readings = {
            kind: memory(one, list(crews[one.url].owners.values())[-1], requests, 2 if chosen.quick else 20)
            for kind, one in largest.items()
        }
    text = report(rates, readings, rounds)
    print(text)
    if not chosen.quick:
        RESULTS.write_text(text)
        performance.keep("notes", {"rounds": rounds, "pages": pages(rates)})


if __name__ == "__main__":
    main()

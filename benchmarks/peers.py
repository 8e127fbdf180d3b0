"""The notes beside what people would pick instead: Flask-Admin, TiddlyWiki and OtterWiki, with the same 10,000 notes.

    make bench BENCH=peers

Each is installed into build/peers, as requirements/ and benchmarks/peer_apps pin it, and runs as one process: ours and
Flask-Admin (as it comes, and with an index for the order of its list) on SQLite, TiddlyWiki on its files, OtterWiki on
its git repository. Contestants take turns, and what counts is processor time, that of programs they start included.
Nobody signs in to a peer, and none checks the token of a form; ours does both.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from app.notes.service import Note
from benchmarks import data, load, notes, performance
from benchmarks.load import Rate, Worker, gunicorn, wrk
from config import ROOT
from devtools.processes import answers_http, free_port, run_server
from devtools.programs import MissingProgram, find_program

KEPT = ROOT / "build" / "peers"
APPS = Path(__file__).parent / "peer_apps"
PILE = data.Pile(10_000, 1, 10_000)  # all of one person
ACTIONS = ["list", "search", "read", "create"]
OURS = "Notes"
SECONDS_FOR_FIRST = 600  # list of OtterWiki, on a busy machine
# How much less processor time ours must take than the fastest of the others, or than one of them.
PROMISES = [
    ("read", None, 2.0),
    ("create", None, 1.2),
    ("list", "Flask-Admin", 28.0),
    ("list", "Flask-Admin with an index", 28.0),
    ("list", "TiddlyWiki", 51.0),
    ("search", "Flask-Admin", 20.0),
    ("search", "TiddlyWiki", 7.5),
]

Run = Callable[[], Rate]


@dataclass(frozen=True, slots=True)
class Contestant:
    """Something that runs, and what is asked of it, by the name of the action."""

    name: str
    version: str
    actions: dict[str, Run]


# --- Installing and filling --------------------------------------------------------------------------------------


def environment(name: str) -> Path:
    """Return the folder of programs of a peer that is a Python package, installed as requirements/ pins it."""
    home, wanted = KEPT / name, (ROOT / "requirements" / f"{name}.txt").read_bytes()
    stamp = home / "installed.txt"
    if not stamp.exists() or stamp.read_bytes() != wanted:
        print(f"Installing {name} ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True)
        pip: list[str | Path] = [
            home / "bin" / "python",
            "-m",
            "pip",
            "--disable-pip-version-check",
            "install",
            "--quiet",
        ]
        subprocess.run([*pip, "--require-hashes", "-r", ROOT / "requirements" / f"{name}.txt"], check=True)
        stamp.write_bytes(wanted)
    return home / "bin"


def tiddlywiki() -> Path:
    """Return TiddlyWiki's program, installed as benchmarks/peer_apps pins it. Raises MissingProgram without npm."""
    npm, home = find_program("npm"), KEPT / "tiddlywiki"
    stamp, wanted = home / "installed.json", (APPS / "package-lock.json").read_bytes()
    if not stamp.exists() or stamp.read_bytes() != wanted:
        print("Installing tiddlywiki ...", flush=True)
        home.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(APPS / name, home)
        subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=home, check=True)
        stamp.write_bytes(wanted)
    return home / "node_modules" / ".bin" / "tiddlywiki"


def version_of(programs: Path, package: str) -> str:
    asked = f"from importlib.metadata import version; print(version({package!r}))"
    return subprocess.run([programs / "python", "-c", asked], check=True, capture_output=True, text=True).stdout.strip()


def pile() -> list[Note]:
    return list(data.notes(PILE))


def name_of(note: Note) -> str:
    """Return a title that no other note has: for peers, the title is the key."""
    return f"{note.draft.title} {note.id}"


# --- Contestants -------------------------------------------------------------------------------------------------


def ours(stack: ExitStack, folder: Path) -> Contestant:
    file = KEPT / "ours.db"
    if not file.exists():
        data.make(f"sqlite:///{file}", PILE)
    url = f"sqlite:///{shutil.copy(file, folder)}"
    crew = notes.sign_in(url, {"all": data.BIG_OWNER})
    worker, person = stack.enter_context(gunicorn("crudapp:app", {"DATABASE_URL": url})), crew.owners["all"]
    every = notes.actions(worker, person, crew.writer, folder)
    names = {"list": notes.FIRST, "search": notes.RARE, "read": "read", "create": "create"}
    return Contestant(OURS, "this tree", {action: _ignore_round(every[name]) for action, name in names.items()})


def _ignore_round(run: notes.Run) -> Run:
    return lambda: run(0)


def flask_admin(stack: ExitStack, folder: Path, *, is_indexed: bool = False) -> Contestant:
    programs = environment("flask-admin")
    environ = {"NOTES_DATABASE": f"sqlite:///{folder}/flask-admin.db", "SECRET_KEY": load.KEY}
    environ |= {"NOTES_INDEXED": "1"} if is_indexed else {}
    rows = "\n".join(json.dumps(_flat(note)) for note in pile())
    app = APPS / "flask_admin_app.py"
    subprocess.run([programs / "python", app], input=rows, text=True, check=True, env={**os.environ, **environ})
    worker = stack.enter_context(
        peer([programs / "gunicorn", "--pythonpath", str(APPS), "flask_admin_app:app"], environ, folder)
    )
    fields = {"title": "Measured", "body": notes.BODY, "tags": data.TAGS[0], "status": "none", "changed_at": "1"}
    create = _script(folder, POST.format(path="/admin/note/new/", form=urllib.parse.urlencode(fields)))
    return Contestant(
        "Flask-Admin with an index" if is_indexed else "Flask-Admin",
        version_of(programs, "flask-admin"),
        {
            "list": lambda: wrk(worker, "/admin/note/", notes.SECONDS),
            "search": lambda: wrk(worker, f"/admin/note/?search={data.RARE}", notes.SECONDS),
            "read": lambda: wrk(worker, "/admin/note/details/?id=5000", notes.SECONDS),
            "create": lambda: wrk(worker, "/admin/note/new/", notes.SECONDS, script=create),
        },
    )


def _flat(note: Note) -> dict[str, object]:
    draft = note.draft
    texts = {"title": draft.title, "body": draft.body, "tags": " ".join(draft.tags), "status": draft.status}
    return texts | {"changed_at": note.changed_at}


def tiddly(stack: ExitStack, folder: Path) -> Contestant:
    program, wiki, port = tiddlywiki(), folder / "wiki", free_port()
    (wiki / "tiddlers").mkdir(parents=True)
    (wiki / "tiddlywiki.info").write_text(
        '{"plugins": ["tiddlywiki/tiddlyweb", "tiddlywiki/filesystem"], "themes": []}'
    )
    (wiki / "tiddlers" / "filters.tid").write_text("title: $:/config/Server/AllowAllExternalFilters\n\nyes")
    for note in pile():
        moment = f"20240101{note.id % 10**9:09}"
        head = f"title: {name_of(note)}\ntags: {' '.join(note.draft.tags)}\nmodified: {moment}\ntype: text/x-markdown"
        (wiki / "tiddlers" / f"{note.id}.tid").write_text(f"{head}\n\n{note.draft.body}")
    command: list[str | Path] = [program, str(wiki), "--listen", f"port={port}", "host=127.0.0.1"]
    process = stack.enter_context(run_server(command, port, cwd=folder))
    worker = Worker(f"http://127.0.0.1:{port}", process.pid)
    read = urllib.parse.quote(name_of(pile()[5_000]))

    def ask(filters: str) -> Run:
        path = f"/recipes/default/tiddlers.json?filter={urllib.parse.quote(filters)}"
        return lambda: one_at_a_time(worker, path)

    def create() -> Rate:
        body = json.dumps({"text": notes.BODY, "tags": data.TAGS[0]})
        return wrk(worker, "", notes.SECONDS, script=_script(folder, PUT.format(body=body, run=secrets.token_hex(4))))

    return Contestant(
        "TiddlyWiki",
        json.loads((program.parents[1] / "tiddlywiki" / "package.json").read_text())["version"],
        {
            "list": ask("[!is[system]!sort[modified]limit[20]]"),
            "search": ask(f"[!is[system]search[{data.RARE}]limit[20]]"),
            "read": lambda: wrk(worker, f"/{read}", notes.SECONDS),
            "create": create,
        },
    )


def otterwiki(stack: ExitStack, folder: Path) -> Contestant:
    programs, repository = environment("otterwiki"), folder / "repository"
    repository.mkdir()
    for note in pile():
        (repository / f"{note.id}.md").write_text(f"# {note.draft.title}\n\n{note.draft.body}\n")
    git: list[str | Path] = [
        "git",
        "-c",
        "user.name=benchmark",
        "-c",
        "user.email=benchmark@example.org",
        "-C",
        repository,
    ]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "all"]):
        subprocess.run([*git, *command], check=True)
    settings = folder / "settings.cfg"
    settings.write_text(
        f"REPOSITORY = {str(repository)!r}\nSECRET_KEY = {load.KEY!r}\nWTF_CSRF_ENABLED = False\n"
        f"SQLALCHEMY_DATABASE_URI = 'sqlite:///{folder}/otterwiki.db'\n"
    )
    worker = stack.enter_context(
        peer(
            [programs / "gunicorn", "--timeout", str(SECONDS_FOR_FIRST), "otterwiki.server:app"],
            {"OTTERWIKI_SETTINGS": str(settings)},
            folder,
        )
    )
    # It reads each page's headings from git once, half a minute for all, and lists them from memory from then on.
    urllib.request.urlopen(f"{worker.url}/-/index", timeout=SECONDS_FOR_FIRST).close()

    def create() -> Rate:
        form = urllib.parse.urlencode({"content": notes.BODY, "commit": "measured"})
        return one_at_a_time(worker, "", script=_script(folder, PAGE.format(run=secrets.token_hex(4), form=form)))

    return Contestant(
        "OtterWiki",
        version_of(programs, "otterwiki"),
        {
            "list": lambda: one_at_a_time(worker, "/-/index", seconds=40),
            "search": lambda: one_at_a_time(worker, f"/-/search/{data.RARE}"),
            "read": lambda: one_at_a_time(worker, f"/{pile()[5_000].id}"),
            "create": create,
        },
    )


@contextmanager
def peer(command: list[str | Path], environ: dict[str, str], folder: Path) -> Iterator[Worker]:
    """Run a peer by its gunicorn, with one worker."""
    port = free_port()
    command = [*command, "--bind", f"127.0.0.1:{port}", "--log-level", "warning", "--no-control-socket"]
    url = f"http://127.0.0.1:{port}"
    ready = lambda: answers_http(f"{url}/", timeout=60)  # noqa: E731  # what it says is shorter than its name
    with run_server(command, port, is_ready=ready, seconds=300, environ=environ, cwd=folder) as process:
        yield Worker(url, load.child(process.pid))


def one_at_a_time(worker: Worker, path: str, script: Path | None = None, seconds: int = 10) -> Rate:
    """Load what takes longer than a second while the machine is busy."""
    return wrk(worker, path, seconds, script=script, connections=1)


POST = """
wrk.method = "POST"
wrk.path = "{path}"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
wrk.body = "{form}"
"""
PUT = """
local number = 0
wrk.method = "PUT"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["X-Requested-With"] = "TiddlyWiki"
wrk.body = [==[{body}]==]
request = function()
  number = number + 1
  return wrk.format(nil, "/recipes/default/tiddlers/Measured%20{run}%20" .. number)
end
"""
PAGE = """
local number = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
wrk.body = "{form}"
request = function()
  number = number + 1
  return wrk.format(nil, "/measured{run}" .. number .. "/save")
end
"""


def _script(folder: Path, text: str) -> Path:
    file = folder / f"{secrets.token_hex(4)}.lua"
    file.write_text(text)
    return file


CONTESTANTS = {
    OURS: ours,
    "Flask-Admin": flask_admin,
    "Flask-Admin with an index": partial(flask_admin, is_indexed=True),
    "TiddlyWiki": tiddly,
    "OtterWiki": otterwiki,
}


# --- Measuring and reporting -------------------------------------------------------------------------------------


def measure(contestants: list[Contestant], rounds: int) -> dict[str, dict[str, float]]:
    """Return the microseconds of processor time a request, by contestant and action: medians over the rounds."""
    taken: dict[tuple[str, str], list[float]] = defaultdict(list)
    for number in range(rounds):
        for action in ACTIONS:
            for one in contestants:
                taken[one.name, action].append(1e6 / one.actions[action]().processor)
        print(f"round {number + 1} of {rounds}", flush=True)
    return {one.name: {action: statistics.median(taken[one.name, action]) for action in ACTIONS} for one in contestants}


def report(times: dict[str, dict[str, float]]) -> str:
    lines = ["| µs of processor time a request | " + " | ".join(times) + " |", "|---|" + "---:|" * len(times)]
    for action in ACTIONS:
        cells = [f"{of[action]:,.0f} ({of[action] / times[OURS][action]:.1f})" for of in times.values()]
        lines.append(f"| {action} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", *performance.promise_rows(promises(times))])


def promises(times: dict[str, dict[str, float]]) -> list[dict[str, Any]]:
    """Return how many times faster ours is, as far as the others of a promise were measured."""
    found = []
    for action, other, least in PROMISES:
        others = [of[action] for name, of in times.items() if name == other or (other is None and name != OURS)]
        if others:
            name = f"{action}, than {other or 'the fastest of them'}"
            found.append({"name": name, "times": min(others) / times[OURS][action], "least": least})
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="one round, and no file is written")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--only", help="contestants beside ours, parted by commas")
    chosen = options.parse_args()
    try:
        find_program("wrk")
        names = [OURS, *chosen.only.split(",")] if chosen.only else list(CONTESTANTS)
        KEPT.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="run-", dir=KEPT)))
            contestants = []
            for name in names:
                (home / name).mkdir()
                contestants.append(CONTESTANTS[name](stack, home / name))
            times = measure(contestants, 1 if chosen.quick else chosen.rounds)
    except MissingProgram as lack:
        sys.exit(str(lack))
    print(report(times))
    if not chosen.quick and not chosen.only:
        versions = {one.name: one.version for one in contestants}
        figures = {"versions": versions, "microseconds": times, "promises": promises(times), "rounds": chosen.rounds}
        performance.keep("peers", figures)


if __name__ == "__main__":
    main()

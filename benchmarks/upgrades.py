"""How long does each migration take on a grown database, and who notices? The release before it serves meanwhile.

    make bench BENCH=upgrades                               # 1,000,000 notes on SQLite, MariaDB and MySQL
    python -m benchmarks.upgrades --notes 10000 --on mysql

A release is the commit before a migration or any later one came, so git's history is needed. The first one makes and
fills the database by its own code, at its own schema; each serves it to people who read and write, while today's
`flask db upgrade` makes the next migration. Exits with 1 when an answer took longer than two seconds or was an error,
or when an acknowledged note is missing at the end.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import data
from config import ROOT
from devtools import app_server
from devtools.app_server import Answer, AppServer
from devtools.databases import ENGINES, MIGRATIONS, SETTINGS
from devtools.writers import Writers

FIRST = "0011"  # the first release's schema is the one before
LONGEST_ANSWER = 2.0  # seconds
WRITERS = READERS = 2
SECONDS_AROUND = 5  # of reading and writing before and after a migration
PATHS = ("/api/v1/notes", f"/api/v1/notes?q={data.THIRD}", "/api/v1/tasks", f"/api/v1/notes?tag={data.TAGS[0]}")
COLUMNS = ("database", "migration", "seconds", "answers", "longest, s", "errors", "notes lost")


@dataclass
class TimedServer(AppServer):
    """A server that counts its answers and knows the longest one, in seconds."""

    answers: int = 0
    longest: float = 0

    def ask(self, method: str, path: str, body: Any = None, timeout: float = 30, **headers: Any) -> Answer:
        began = time.monotonic()
        try:
            return super().ask(method, path, body, timeout, **headers)
        finally:
            self.answers += 1
            self.longest = max(self.longest, time.monotonic() - began)


@dataclass
class Step:
    """What people noticed of one migration."""

    migration: str
    seconds: float
    answers: int
    longest: float
    errors: int
    lost: int

    @property
    def kept(self) -> bool:
        return self.longest <= LONGEST_ANSWER and not self.errors and not self.lost

    def row(self, database: str) -> str:
        figures = (f"{self.seconds:.1f}", str(self.answers), f"{self.longest:.2f}", str(self.errors), str(self.lost))
        return "| " + " | ".join((database, self.migration, *figures)) + " |"


def migrations() -> list[Path]:
    return [file for file in sorted((MIGRATIONS / "versions").glob("*.py")) if file.stem >= FIRST]


def check_out(migration: Path, folder: Path) -> Path:
    """Put the code of the release before a migration into a folder of its own."""
    commit = _first_commit(migration)
    release = folder / f"before-{migration.stem}"
    release.mkdir()
    archive = subprocess.run(
        ["git", "archive", f"{commit}^" if commit else "HEAD"], cwd=ROOT, check=True, capture_output=True
    ).stdout
    subprocess.run(["tar", "-x", "-C", str(release)], input=archive, check=True)
    return release


def _first_commit(migration: Path) -> str | None:
    """Return the commit in which this migration or a later one came to the history; None where none is committed.

    Work done side by side may have brought a later one first, or under another number.
    """
    came = set()
    for file in migrations():
        if file >= migration:
            under_any_number = str(file.with_name(f"????_{file.name.partition('_')[2]}"))
            came.update(_git("log", "--diff-filter=A", "--format=%H", "--", under_any_number)[-1:])
    return next((commit for commit in _git("rev-list", "--date-order", "--reverse", "HEAD") if commit in came), None)


def _git(*arguments: str) -> list[str]:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()


def run(code: Path, url: str, *arguments: str) -> str:
    """Run Python with a release's code on the database; return the last line of what it prints."""
    # The first releases had what is in devtools/ now in tests/.
    environ = os.environ | SETTINGS | {"DATABASE_URL": url, "PYTHONPATH": f"{code}/tests"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=code, env=environ, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def flask(code: Path, url: str, *arguments: str) -> str:
    return run(code, url, "-m", "flask", "--app", "crudapp", *arguments)


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """Yield the address of an empty database."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/notes.db"
        return
    ENGINES[kind].install(folder)
    with data.server_on(kind, folder) as address:
        data.run(address, "CREATE DATABASE notes CHARACTER SET utf8mb4")
        yield f"{address}/notes"


def step(migration: Path, release: Path, url: str, owner: int) -> Step:
    """Make one migration while the release before it serves, and compare the ledger with what is stored."""
    email = f"person{owner}@example.org"
    token = flask(release, url, "accounts", "token", email, "--name", migration.stem, "--scope", "write")
    headers: dict[str, Any] = {"Authorization": f"Bearer {token}"}
    with app_server.gunicorn(release.parent, url, release) as running:
        server, over = TimedServer(running.address, running.process, running.log), threading.Event()
        writers = Writers(server, headers)

        def read() -> int:
            """Read one page after the other; return how many answers were errors."""
            errors = 0
            while not over.is_set():
                errors += sum(server.ask("GET", path, **headers).status != 200 for path in PATHS)
            return errors

        with ThreadPoolExecutor(WRITERS + READERS) as pool:
            for number in range(WRITERS):
                pool.submit(writers.write, int(migration.stem[:4]) * 100 + number)
            readers = [pool.submit(read) for _ in range(READERS)]
            time.sleep(SECONDS_AROUND)
            began = time.monotonic()
            flask(ROOT, url, "db", "upgrade", migration.stem[:4])
            seconds = time.monotonic() - began
            time.sleep(SECONDS_AROUND)
            writers.stop()
            over.set()
        errors = sum(reader.result() for reader in readers) + sum(writers.answers.values()) - writers.answers[201]
        answers, longest = server.answers, server.longest
        lost = len(set(writers.acknowledged) - {title for title, _ in writers.stored()})
    return Step(migration.stem, seconds, answers, longest, errors, lost)


def measure(kind: str, notes: int) -> Iterator[Step]:
    """Fill a database by the first release's code and yield a step for each migration since."""
    data.KEPT.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="upgrade-", dir=data.KEPT) as name,
        database(kind, Path(name)) as url,
    ):
        releases = {migration: check_out(migration, Path(name)) for migration in migrations()}
        fill = f"from benchmarks import data; data.make({url!r}, data.PILES[{notes}])"
        run(next(iter(releases.values())), url, "-c", fill)
        # One account may take two minutes of processor time in fifteen, so each step has other people.
        people = data.PILES[notes].other_owners()
        for migration, release in releases.items():
            yield step(migration, release, url, next(people))


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--notes", type=int, choices=list(data.PILES), default=1_000_000)
    options.add_argument("--on", nargs="+", choices=["sqlite", *ENGINES], default=["sqlite", *ENGINES])
    chosen = options.parse_args()
    print("| " + " | ".join(COLUMNS) + " |\n|---|---|" + "---:|" * (len(COLUMNS) - 2), flush=True)
    kept = True
    for kind in chosen.on:
        for made in measure(kind, chosen.notes):
            print(made.row(kind), flush=True)
            kept &= made.kept
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())

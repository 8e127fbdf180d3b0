"""Does a rolling restart fail requests? The app on MySQL or MariaDB, twice behind nginx, restarted in turn under load.

    make bench BENCH=rolling_restart

Every visitor has an address of its own, because nginx limits each. Exits with 1 when a request failed, or an
acknowledged note is missing or there twice.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import secrets
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pymysql
from sqlalchemy.engine import make_url

from devtools.databases import ENGINES
from devtools.nginx import NAME, Nginx, readable_directory, run_nginx, upstream_options
from devtools.processes import free_port, run_server

ROOT = Path(__file__).resolve().parents[1]

VISITORS = 12
PAUSE = 0.04  # keeps a visitor below the 30 requests a second that an address may make


@dataclass
class Tally:
    """What the visitors saw: seconds of each answer, failures, titles of acknowledged notes."""

    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)


class AppServer:
    """The app under gunicorn, as the image runs it."""

    def __init__(self, home: Path, environ: dict[str, str]) -> None:
        self.port = free_port()
        self.home = home
        self.environ = environ | {"BIND": "127.0.0.1", "PORT": str(self.port)}
        self.stack = contextlib.ExitStack()

    def start(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "--log-level", "warning", "crudapp:app"]
        self.stack.enter_context(run_server(command, self.port, self.home / "gunicorn.log", environ=self.environ))

    def stop(self) -> None:
        self.stack.close()


@contextlib.contextmanager
def notes_app(home: Path, database: str) -> Iterator[tuple[list[AppServer], Nginx]]:
    environ = {
        "APP_ENV": "production",
        "SECRET_KEY": secrets.token_hex(32),
        "SIGN_UP": "open",
        "DATABASE_URL": database,
        "TRUSTED_HOSTS": NAME,
        "PROXY_HOPS": "1",
    }
    command = [sys.executable, "-m", "flask", "--app", "crudapp", "db", "upgrade"]
    subprocess.run(command, check=True, env=os.environ | environ, cwd=ROOT, capture_output=True)
    servers = [AppServer(home, environ), AppServer(home, environ)]
    with contextlib.ExitStack() as stack:
        for server in servers:
            stack.callback(server.stop)
            server.start()
        upstreams = upstream_options(server.port for server in servers)
        yield servers, stack.enter_context(run_nginx(home, "--front", "instance", *upstreams))


def token(page: httpx.Response) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert found, page.text
    return found.group(1)


def sign_up(nginx: Nginx) -> tuple[dict[str, str], str]:
    """Make an account; return the headers of its browser and the token of its forms."""
    referer = {"Referer": f"https://{NAME}:{nginx.https_port}/"}
    with nginx.client("127.50.0.1") as client:
        password = "an orchard behind the mill"
        form = {"email": "alice@example.com", "password": password, "again": password}
        form["csrf_token"] = token(client.get("/sign-up"))
        answer = client.post("/sign-up", data=form, headers=referer)
        assert answer.status_code == 303, answer.text
        csrf_token = token(client.get("/notes/new"))
        return referer | {"Cookie": f"__Host-session={client.cookies['__Host-session']}"}, csrf_token


def visit(nginx: Nginx, account: tuple[dict[str, str], str], number: int, ended: threading.Event) -> Tally:
    """Read the list three times and write a note, over and over, from an address of its own."""
    (headers, csrf_token), tally, count = account, Tally(), 0
    with nginx.client(f"127.51.{number}.1") as client:
        client.headers.update(headers)
        while not ended.wait(PAUSE):
            count += 1
            if count % 4:
                ask(tally, client, "GET /notes")
                continue
            title = f"note {number}-{count}"
            form = {"title": title, "body": "text", "key": secrets.token_urlsafe(18), "csrf_token": csrf_token}
            if ask(tally, client, "POST /notes", form):
                tally.written.append(title)
    return tally


def ask(tally: Tally, client: httpx.Client, what: str, form: dict[str, str] | None = None) -> bool:
    """Return whether `what`, a method and a path, was answered as it should."""
    started = time.perf_counter()
    try:
        answer = str(client.request(*what.split(), data=form).status_code)
    except httpx.HTTPError as error:
        answer = repr(error)
    tally.seconds.append(time.perf_counter() - started)
    succeeded = answer == ("303" if form else "200")
    if not succeeded:
        tally.failures.append(f"{what}: {answer}")
    return succeeded


def restart_in_turn(servers: list[AppServer], restarts: int) -> None:
    for number in range(restarts):
        server = servers[number % len(servers)]
        server.stop()
        server.start()
        time.sleep(0.5)


@contextlib.contextmanager
def database_server(engine: str) -> Iterator[pymysql.Connection[pymysql.cursors.Cursor]]:
    with ENGINES[engine].server() as address:
        url = make_url(address)
        connection = pymysql.connect(host=url.host, port=url.port or 3306, user="root", autocommit=True)
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE notes CHARACTER SET utf8mb4")
            yield connection


def titles(connection: pymysql.Connection[pymysql.cursors.Cursor]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT title FROM notes.note")
        return [row[0] for row in cursor.fetchall()]


def measure(engine: str, restarts: int, requests: int) -> bool:
    with readable_directory() as home, database_server(engine) as connection:
        database, ended = f"mysql+pymysql://root@127.0.0.1:{connection.port}/notes", threading.Event()
        with notes_app(home, database) as (servers, nginx), ThreadPoolExecutor(VISITORS) as pool:
            account = sign_up(nginx)
            started = time.monotonic()
            visits = [pool.submit(visit, nginx, account, number, ended) for number in range(VISITORS)]
            try:
                restart_in_turn(servers, restarts)
                rate = nginx_requests(nginx) / (time.monotonic() - started)
                time.sleep(max(0, requests - nginx_requests(nginx)) / rate * 1.05)
            finally:
                ended.set()
            tallies = [visit.result() for visit in visits]
        return report(tallies, restarts, titles(connection))


def nginx_requests(nginx: Nginx) -> int:
    return (nginx.home / "log" / "access.log").read_text().count("\n")


def report(tallies: list[Tally], restarts: int, stored: list[str]) -> bool:
    """Print the result; return whether no request failed."""
    seconds = sorted(second for tally in tallies for second in tally.seconds)
    failures = [failure for tally in tallies for failure in tally.failures]
    written = {title for tally in tallies for title in tally.written}
    lost, doubled = written - set(stored), len(stored) - len(set(stored))
    print(f"{restarts} restarts, {len(seconds)} requests, {len(written)} of them acknowledged writes")
    print(f"failed {len(failures)}, lost {len(lost)}, doubled {doubled}")
    median, p99 = statistics.median(seconds), seconds[len(seconds) * 99 // 100]
    print(f"median {median * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms, slowest {seconds[-1] * 1000:.0f} ms")
    for failure in failures[:5]:
        print(" ", failure)
    return not (failures or lost or doubled)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--restarts", type=int, default=20)
    options.add_argument("--requests", type=int, default=25_000)
    options.add_argument("--on", choices=list(ENGINES), default="mysql")
    wanted = options.parse_args()
    sys.exit(0 if measure(wanted.on, wanted.restarts, wanted.requests) else 1)

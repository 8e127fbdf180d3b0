"""How fast a file goes up and down, what memory that takes, and whether slow readers keep others waiting.

    make bench BENCH=files

One worker, directly as by `make run` and behind nginx with TLS, beside the same nginx that sends the same file from its
own disk. Nginx takes an answer from the app as fast as that gives it, into memory and then a file, and lets the worker
go: so slow readers cost it a part of a disk, and the app nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import flask_migrate
import httpx

from app import create_app
from app.accounts import service as accounts
from app.accounts import tokens
from benchmarks.load import KEY, Worker, gunicorn
from benchmarks.stack import NAME, WITHOUT_LIMITS
from config import ROOT, from_environment
from devtools.nginx import readable_directory, run_nginx, upstream_options
from devtools.programs import MissingProgram, find_program
from devtools.run import THREADS

MEGABYTE = 1024 * 1024
READERS = 50
FILES = "/api/v1/files"
LIST = "/api/v1/notes"


@dataclass(frozen=True, slots=True)
class Site:
    """A way to the worker: its address, and how a program signs in there."""

    address: str
    worker: Worker
    token: str

    @property
    def authorization(self) -> str:
        return f"Authorization: Bearer {self.token}"


@dataclass(frozen=True, slots=True)
class Measured:
    """Medians: MiB a second up and down, and the most KiB of memory that the worker took more than before."""

    up: float
    down: float
    memory: int


@dataclass(frozen=True, slots=True)
class Waited:
    """How long lists took, in milliseconds, while nobody else asked and while others read slowly."""

    calm: float
    median: float
    longest: float


# --- What runs ---------------------------------------------------------------------------------------------------


@contextmanager
def sites(folder: Path, content: Path) -> Iterator[dict[str, Site]]:
    """Run the app and nginx, whose path /same is the file `content` itself."""
    environ = {"DATABASE_URL": f"sqlite:///{folder}/notes.db", "TRUSTED_HOSTS": f"{NAME},127.0.0.1", "PROXY_HOPS": "1"}
    token = sign_up(environ)
    with ExitStack() as stack:
        worker = stack.enter_context(gunicorn("crudapp:app", environ, threads=int(THREADS)))
        home = stack.enter_context(readable_directory())
        same = home / "same"
        same.write_bytes(content.read_bytes())
        port = int(worker.url.rpartition(":")[2])
        options = ["--front", "instance", "--server-name", NAME, *upstream_options([port])]
        own_file = {"location @app {": f"location = /same {{ alias {same}; }}\nlocation @app {{"}
        nginx = stack.enter_context(run_nginx(home, *options, replacements=WITHOUT_LIMITS | own_file))
        yield {
            "directly": Site(worker.url, worker, token),
            "behind nginx": Site(f"https://{NAME}:{nginx.https_port}", worker, token),
        }


def sign_up(environ: dict[str, str]) -> str:
    """Make the database and an account; return its token."""
    app = create_app(from_environment({"APP_ENV": "production", "SECRET_KEY": KEY, **environ}))
    with app.app_context():
        flask_migrate.upgrade(directory=str(ROOT / "migrations"))
        owner = accounts.create("person@example.org", "four plain words here").id
        return tokens.create(owner, "benchmark", "write")


# --- Up and down -------------------------------------------------------------------------------------------------


def measure(site: Site, content: Path, rounds: int) -> Measured:
    """Send contents that differ in their first bytes, as the same would be stored once, and read each again."""
    up, down = [], []
    with most_memory(site.worker) as memory:
        for _ in range(rounds):
            with content.open("r+b") as file:
                file.write(os.urandom(16))
            seconds, path = send(site, content)
            up.append(seconds)
            down.append(curl(site, path)[0])
    size = content.stat().st_size / MEGABYTE
    return Measured(size / statistics.median(up), size / statistics.median(down), memory[0])


def measure_nginx(site: Site, content: Path, rounds: int) -> float:
    """Return with how many MiB a second nginx sends a file of its own."""
    seconds = [curl(site, "/same")[0] for _ in range(rounds)]
    return content.stat().st_size / MEGABYTE / statistics.median(seconds)


def send(site: Site, content: Path) -> tuple[float, str]:
    """Return how many seconds that took, and the path of the content."""
    seconds, answer = curl(site, FILES, "--data-binary", f"@{content}", "-H", "Content-Type: application/octet-stream")
    return seconds, f"{FILES}/{json.loads(answer)['id']}/content"


def curl(site: Site, path: str, *more: str) -> tuple[float, str]:
    """Return how many seconds an answer took, and what it began with. Raises CalledProcessError."""
    with tempfile.NamedTemporaryFile() as answer:
        command = ["curl", "--silent", "--show-error", "--fail", "--insecure", "--output", answer.name]
        command += ["--write-out", "%{time_total}", "-H", site.authorization, *more, site.address + path]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return float(printed), Path(answer.name).read_bytes()[:1000].decode(errors="replace")


@contextmanager
def most_memory(worker: Worker) -> Iterator[list[int]]:
    """Yield a list of one number: by how many KiB the worker was larger than at the beginning, at most."""
    before, most, ended = worker.own_memory(), [0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.005):
            most[0] = max(most[0], worker.own_memory() - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield most
    finally:
        ended.set()
        watcher.join()


# --- Slow readers ------------------------------------------------------------------------------------------------


def wait_beside_readers(site: Site, path: str, seconds: float) -> Waited:
    """Ask for lists while READERS have asked for a file of which they read no more than the beginning."""
    with httpx.Client(base_url=site.address, verify=False, timeout=30) as client:
        client.headers["Authorization"] = f"Bearer {site.token}"
        calm = ask(client, seconds)
        with ExitStack() as readers:
            for _ in range(READERS):
                readers.enter_context(closing(read_slowly(site, path)))
            time.sleep(1)
            taken = ask(client, seconds)
    return Waited(statistics.median(calm), statistics.median(taken), max(taken))


def ask(client: httpx.Client, seconds: float) -> list[float]:
    """Return the milliseconds of each list. Raises HTTPError."""
    taken, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        started = time.perf_counter()
        client.get(LIST).raise_for_status()
        taken.append(1000 * (time.perf_counter() - started))
        time.sleep(0.01)
    return taken


def read_slowly(site: Site, path: str) -> socket.socket:
    """Return a connection on which an answer has begun, and waits."""
    url = urlsplit(site.address)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect((url.hostname, url.port))
    if url.scheme == "https":
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = context.wrap_socket(connection, server_hostname=NAME)
    lines = [f"GET {path} HTTP/1.1", f"Host: {url.netloc}", site.authorization, "", ""]
    connection.sendall("\r\n".join(lines).encode())
    if not connection.recv(12).endswith(b"200"):
        raise RuntimeError(f"{path} was not answered.")
    return connection


# --- All of it ---------------------------------------------------------------------------------------------------


def measure_all(size: int, rounds: int, seconds: float) -> list[str]:
    """Return the lines of both tables."""
    with tempfile.TemporaryDirectory() as name:
        content = Path(name) / "content"
        content.write_bytes(os.urandom(size))
        with sites(Path(name), content) as found:
            measured, waited = {}, {}
            for way, site in found.items():
                measure(site, content, 1)  # the first loads what later ones have
                measured[way] = measure(site, content, rounds)
            ideal = measure_nginx(found["behind nginx"], content, rounds + 1)
            _, path = send(found["directly"], content)
            for way, site in found.items():
                waited[way] = wait_beside_readers(site, path, seconds)
    return [*report_speed(measured, ideal), "", *report_waiting(waited)]


def report_speed(measured: dict[str, Measured], ideal: float) -> list[str]:
    lines = ["| | up, MiB/s | down, MiB/s | of nginx's own file | the worker's memory |", "|---|---:|---:|---:|---:|"]
    for way, one in measured.items():
        share = f"{one.down / ideal:.0%}" if way == "behind nginx" else ""
        lines.append(f"| {way} | {one.up:,.0f} | {one.down:,.0f} | {share} | +{one.memory / 1024:.1f} MiB |")
    lines.append(f"| nginx's own file | | {ideal:,.0f} | | |")
    return lines


def report_waiting(waited: dict[str, Waited]) -> list[str]:
    lines = [f"| a list, ms | alone | beside {READERS} slow readers | the longest there |", "|---|---:|---:|---:|"]
    for way, one in waited.items():
        lines.append(f"| {way} | {one.calm:.1f} | {one.median:.1f} | {one.longest:.1f} |")
    return lines


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", help="one round with 8 MiB: that it runs, no figures")
    chosen = options.parse_args()
    try:
        for program in ("curl", "nginx"):
            find_program(program)
    except MissingProgram as lack:
        sys.exit(str(lack))
    lines = measure_all(8 * MEGABYTE, 1, 1) if chosen.quick else measure_all(25 * MEGABYTE, 15, 10)
    print("\n".join(lines))


if __name__ == "__main__":
    main()

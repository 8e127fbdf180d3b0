"""The notes app as in production, on this machine: MariaDB, two app servers, jobs, nginx with a certificate of its own.

`make up` runs `up`, which leaves `serve` behind; `make up-flask` runs a command of the product on it; `make down` ends
it, and everything it made goes with it. No root.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pymysql
from sqlalchemy.engine import make_url

from devtools import mariadb
from devtools.nginx import Nginx, readable_directory, run_nginx, upstream_options
from devtools.processes import ROOT, free_port, run_server
from devtools.programs import MissingProgram, find_program
from devtools.tls import create_certificate

HERE = ROOT / "build" / "one-machine"
NAME = "localhost"
PROGRAMS = ("mariadbd", "mariadb-install-db", "nginx")


@contextlib.contextmanager
def one_machine(home: Path, app: str = "crudapp:app", **more: str) -> Iterator[Nginx]:
    """Run all of it, its files in `home`; yields the nginx in front. `more` is environment of the app servers."""
    environ = {
        "APP_ENV": "production",
        "SECRET_KEY": secrets.token_hex(32),
        "SIGN_UP": "open",
        "TRUSTED_HOSTS": NAME,
        "PROXY_HOPS": "1",
        "BIND": "127.0.0.1",
        "FILES_FOLDER": str(home / "added"),
    } | more
    with contextlib.ExitStack() as stack, ThreadPoolExecutor() as pool:
        files = pool.submit(run, ROOT / "nginx" / "export-static", home / "files")
        root = stack.enter_context(database())
        environ |= {"DATABASE_URL": root.replace("root@", ""), "DATABASE_SECRET": secret(home, "app")}
        command = [sys.executable, "-m", "gunicorn", "--log-level=warning", app]
        ports = [free_port(), free_port()]
        apps = [run_server(command, port, home / "app.log", environ=environ | {"PORT": str(port)}) for port in ports]
        # Beside the release, on the other core: until nginx runs, they get no requests.
        started = pool.map(stack.enter_context, apps)
        release(home, root, environ)
        jobs = [sys.executable, "-m", "flask", "--app", "crudapp", "jobs", "run"]
        stack.enter_context(run_server(jobs, 0, home / "jobs.log", is_ready=lambda: True, environ=environ))
        create_certificate(home / "certificate", NAME)
        files.result()
        list(started)
        _keep(home / "environment", json.dumps(environ))
        options = ["--front", "instance", "--server-name", NAME, *upstream_options(ports)]
        yield stack.enter_context(run_nginx(home, *options))


@contextlib.contextmanager
def database() -> Iterator[str]:
    # Nothing of it outlives `make down`, so nothing has to wait for the disk.
    with mariadb.server("--debug-no-sync") as address:
        url = make_url(address)
        with contextlib.closing(pymysql.connect(host=url.host, port=url.port or 3306, user="root")) as connection:
            connection.cursor().execute("CREATE DATABASE notes CHARACTER SET utf8mb4")
        yield f"{address}/notes"


def secret(home: Path, user: str) -> str:
    """Make a password for a user of the database; return where it lies."""
    path = home / user
    _keep(path, json.dumps({"username": user, "password": secrets.token_hex(16)}))
    return str(path)


def _keep(path: Path, text: str) -> None:
    """Write a file that only this user can read."""
    path.touch(mode=0o600)
    path.write_text(text)


def release(home: Path, root: str, environ: dict[str, str]) -> None:
    """Make the database's users and tables, as is done before an app server of a new release starts."""
    migrate = secret(home, "migrate")
    users = {"DATABASE_SECRET": "", "DATABASE_APP_SECRET": str(home / "app"), "DATABASE_MIGRATE_SECRET": migrate}
    run("-m", "flask", "--app", "crudapp", "database", "users", **environ | users | {"DATABASE_URL": root})
    run("-m", "flask", "--app", "crudapp", "db", "upgrade", **environ | {"DATABASE_SECRET": migrate})


def run(*arguments: str | Path, **environ: str) -> None:
    """Run a program in Python; what it has to say is read when it fails."""
    subprocess.run(
        [sys.executable, *arguments], check=True, env=os.environ | environ, cwd=ROOT, stdout=subprocess.DEVNULL
    )


def serve() -> None:
    """Run until SIGTERM; the address is written down once everything answers."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with readable_directory() as home, one_machine(home) as nginx:
        (HERE / "home").write_text(str(home))
        (HERE / "address").write_text(f"https://{NAME}:{nginx.https_port}")
        ended.wait()


def up() -> None:
    try:
        for name in PROGRAMS:
            find_program(name)
    except MissingProgram as missing:  # told before anything starts, and without a traceback
        sys.exit(str(missing))
    HERE.mkdir(parents=True, exist_ok=True)
    with (HERE / "lock").open("w") as lock:
        # A second `make up` waits for the first one's start and prints its address.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if alive():
            sys.exit(f"It is up already: {(HERE / 'address').read_text()}")
        _start()
    print(f"Notes: {(HERE / 'address').read_text()}   (its certificate is its own; make down ends it)")


def _start() -> None:
    (HERE / "address").unlink(missing_ok=True)
    with (HERE / "log").open("w") as log:
        command = [sys.executable, "-m", "devtools.local_stack", "serve"]
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
    (HERE / "pid").write_text(str(process.pid))
    while process.poll() is None and not (HERE / "address").exists():
        time.sleep(0.05)
    if process.poll() is not None:
        sys.exit((HERE / "log").read_text())


def down() -> None:
    if not alive():
        sys.exit("It is not up.")
    os.kill(int((HERE / "pid").read_text()), signal.SIGTERM)
    while alive():
        time.sleep(0.05)
    for file in HERE.iterdir():
        file.unlink()
    HERE.rmdir()


def flask(*words: str) -> None:
    """Run a command of the product on what `up` left behind, with the settings of its app servers."""
    if not alive():
        sys.exit("It is not up: make up")
    command = [sys.executable, "-m", "flask", "--app", "crudapp", *words]
    os.execve(sys.executable, command, os.environ | settings(Path((HERE / "home").read_text())))


def settings(home: Path) -> dict[str, str]:
    """Return the environment of the app servers that one_machine runs in `home`."""
    found: dict[str, str] = json.loads((home / "environment").read_text())
    return found


def alive() -> bool:
    """Whether the process that `up` left behind still runs; the number alone might be another's by now."""
    try:
        command = Path(f"/proc/{(HERE / 'pid').read_text()}/cmdline").read_bytes()
    except FileNotFoundError:
        return False
    return b"devtools.local_stack" in command


if __name__ == "__main__":
    {"up": up, "down": down, "serve": serve, "flask": flask}[sys.argv[1]](*sys.argv[2:])

"""What browser tests and screenshots run on: the app under gunicorn on a throwaway SQLite, and Debian's chromium."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from devtools import mariadb
from devtools.programs import find_program

ROOT = Path(__file__).parents[1]
SECONDS_TO_START = 30
FLAGS = [
    "--no-sandbox",  # a test machine's root has no other way
    "--disable-gpu",
    "--no-first-run",
    # Nothing but the pages: no updates, no requests of the browser's own.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]


@contextmanager
def browser() -> Iterator[Browser]:
    program = find_program("chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield opened
        opened.close()


@contextmanager
def notes_app(folder: Path, **environ: str) -> Iterator[str]:
    """Serve the app with a new database in `folder` and yield its address."""
    port = mariadb.free_port()
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{folder}/notes.db",
        "SECRET_KEY": "0123456789abcdef" * 4,
        "SIGN_UP": "open",
        "BIND": "127.0.0.1",
        "PORT": str(port),
        **environ,
    }
    subprocess.run(
        [sys.executable, "-m", "flask", "--app", "crudapp", "db", "upgrade"],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
    )
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "crudapp:app"], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(process, f"{address}/livez")
        yield address
    finally:
        process.terminate()
        process.wait(30)


def _wait(process: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(address, timeout=2).close()
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
    raise RuntimeError("The app did not start; its log is beside its database.")

"""What browser tests and screenshots run on: the app under gunicorn on a throwaway SQLite, and Debian's chromium."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from devtools.app_server import gunicorn
from devtools.databases import migrate
from devtools.programs import find_program

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
        started = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield started
        started.close()


@contextmanager
def notes_app(folder: Path, app: str = "crudapp:app", **environ: str) -> Iterator[str]:
    """Serve the app with a new database in `folder` and yield its address."""
    database_url = f"sqlite:///{folder}/notes.db"
    migrate(database_url)
    with gunicorn(folder, database_url, app=app, **{"APP_ENV": "development", **environ}) as server:
        yield server.address

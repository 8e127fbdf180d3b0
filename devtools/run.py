"""`make run`: bring the schema up to date and serve, with one line for each step and one sentence for what is wrong.

Imports nothing but the standard library and config.py: what the app needs takes a second to import.
"""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from config import INSTANCE, ConfigError, server_settings

THREADS = "64"  # of each process
LISTENING = "0A"  # in /proc/net/tcp: include/net/tcp_states.h of Linux


def main() -> None:
    try:
        # First of all: gunicorn itself reads WEB_CONCURRENCY, and ends with a trace.
        address, _, text = server_settings(os.environ).bind.rpartition(":")
    except ConfigError as error:
        sys.exit(str(error))
    port = int(text)
    if not _is_free(address, port):
        sys.exit(f"Port {port} is in use{_by_whom(port)}. Another one: make {_goal()} PORT={port + 1}")
    if "notes" not in (os.environ.get("FEATURES") or "notes"):
        _flask("entries", "create-table")
    elif not _is_current():
        print("Bringing the database's schema up to date ...", flush=True)
        _flask("db", "upgrade")
    if _goal() == "run":
        # No nginx stands in front, so who reads a file slowly holds a thread.
        os.environ.setdefault("WEB_THREADS", THREADS)
    os.environ["RUN_JOBS"] = "1" if _goal() == "run" else "0"
    os.environ["ANNOUNCE"] = "Notes" if _goal() == "run" else "Entries"
    # In place of this process, so that signals and the exit status are the server's own.
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", "--log-level", "warning", "crudapp:app"])


def _goal() -> str:
    return "run" if "notes" in (os.environ.get("FEATURES") or "notes") else "run-entries"


def _is_current() -> bool:
    """Tell whether the notes lie in a file with the newest schema. A migration would find out in a second or two."""
    url = os.environ.get("DATABASE_URL") or f"sqlite:///{INSTANCE / 'notes.db'}"
    newest = max(file.name for file in Path("migrations/versions").glob("[0-9]*.py"))[:4]
    file = Path(url.removeprefix("sqlite:///")).absolute()
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True)) as connection:
            return connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(newest,)]
    except sqlite3.Error:
        return False


def _flask(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "crudapp", *arguments], check=False, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(done.stderr.strip() or done.stdout.strip())


def _is_free(address: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.strip("[]"), port))
        except OSError:
            return False
    return True


def _by_whom(port: int) -> str:
    """Return " by NAME (process N)", or nothing where Linux does not let us see it."""
    try:
        inode = _inode(port)
        for link in Path("/proc").glob("[0-9]*/fd/*"):
            if inode and _target(link) == f"socket:[{inode}]":
                process = link.parts[2]
                return f" by {Path('/proc', process, 'comm').read_text().strip()} (process {process})"
    except OSError:
        pass
    return ""


def _inode(port: int) -> str | None:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            columns = line.split()
            if columns[3] == LISTENING and int(columns[1].rpartition(":")[2], 16) == port:
                return columns[9]
    return None


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:  # another person's process, or one that has just ended
        return ""


if __name__ == "__main__":
    main()

"""What a pool of connections saves: processor time of opening one with TLS, beside a statement on one that is open.

    make bench BENCH=connections

Processor time of this process, so other programs on the machine do not change it much; the server's share is not in it.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from sqlalchemy import text

from app import create_app, db
from app.db.metadata import sqlalchemy
from devtools import databases, mariadb
from devtools.tls import create_certificate

ROUNDS, TIMES = 7, 100


def milliseconds(act: Callable[[], None]) -> float:
    """Return the median of the rounds, for one time."""
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(TIMES):
            act()
        taken.append((time.process_time() - began) * 1000 / TIMES)
    return median(taken)


def ask() -> None:
    db.read(text("SELECT 1")).one()


def connect_and_ask() -> None:
    db.release()
    sqlalchemy.engine.dispose()
    ask()


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        create_certificate(home, "localhost")
        options = (f"--ssl-cert={home / 'fullchain.pem'}", f"--ssl-key={home / 'privkey.pem'}")
        with mariadb.server(*options) as started:
            address = started.replace("127.0.0.1", "localhost")
            databases.run_sql(address, "CREATE DATABASE notes")
            settings = databases.settings(f"{address}/notes", DATABASE_CA=str(home / "fullchain.pem"))
            with create_app(settings).app_context():
                statement, connection = milliseconds(ask), milliseconds(connect_and_ask)
    print(f"A statement {statement:.2f} ms; with a connection of its own {connection:.2f} ms.")


if __name__ == "__main__":
    main()

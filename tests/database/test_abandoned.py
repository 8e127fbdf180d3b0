"""An instance has the five connections that it promises, also at a database that takes longer than anybody waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from on_databases import on_servers

from devtools import app_server
from devtools.databases import run_sql
from devtools.processes import wait_until

pytestmark = on_servers
PROMISED = 5
PROCESSES = 2  # each may have one more for a moment, to end what was given up on or for a probe
OPEN = "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'app'"


@contextmanager
def slow_writes(database_url: str) -> Iterator[None]:
    """Let each new entry take eight seconds: MySQL limits how long a SELECT takes, and nothing else."""
    # MariaDB would end it by a limit that it has for all statements.
    # As the app: else the server shows it as a statement of whoever made the trigger.
    run_sql(
        database_url,
        "GRANT TRIGGER ON notes.* TO app@'%'",
        "CREATE DEFINER = app@'%' TRIGGER slow BEFORE INSERT ON entry FOR EACH ROW DO SLEEP(8)",
    )
    try:
        yield
    finally:
        run_sql(database_url, "DROP TRIGGER slow", "REVOKE TRIGGER ON notes.* FROM app@'%'")


def test_what_nobody_awaits_any_more_leaves_no_connection_behind(tmp_path: Path, database_url: str) -> None:
    seen: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            seen.append(run_sql(database_url, OPEN)[0][0] - before)

    before = run_sql(database_url, OPEN)[0][0]
    with app_server.gunicorn(tmp_path, database_url) as served, ThreadPoolExecutor(13) as pool:
        pool.submit(watch)
        with slow_writes(database_url):
            end = time.monotonic() + 7

            def write(_: int) -> set[int]:
                statuses = set()
                while time.monotonic() < end:
                    entry = {"username": "slow", "number": "12345678"}
                    statuses.add(served.ask("POST", "/api/v1/entries", entry).status)
                return statuses

            statuses = set().union(*pool.map(write, range(12)))
            over.set()
            wait_until(lambda: run_sql(database_url, OPEN)[0][0] - before <= PROMISED, "their end", 3)
    assert statuses == {503}
    print(f"at most {max(seen)} connections")
    assert max(seen) <= PROMISED + PROCESSES

"""An instance has the five connections that it promises, also at a database that takes longer than anybody waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from on_databases import on_servers
from sqlalchemy import Engine, create_engine, event, exc
from sqlalchemy.engine import make_url

from app.db.abandoned import AbandonedConnections
from devtools import app_server
from devtools.databases import run_sql
from devtools.network_faults import run_proxy
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


def give_up(pooled: Engine) -> None:
    """Wait in vain for an answer of a server that is at work."""
    with pooled.connect() as connection, pytest.raises(exc.OperationalError):
        connection.exec_driver_sql("SELECT SLEEP(6)")


def test_a_server_that_is_gone_while_connections_are_ended_is_an_error_of_the_driver(database_url: str) -> None:
    address = make_url(database_url)
    with run_proxy(address.port or 0) as proxy:
        pooled, beside = (
            create_engine(url, connect_args={"read_timeout": 1, "connect_timeout": 1})
            for url in (address, address.set(host="127.0.0.1", port=proxy.port))
        )
        abandoned = AbandonedConnections(pooled, beside, patience=1)
        proxy.mode = "hang"
        for _ in range(2):
            give_up(pooled)
        proxy.mode = "pass"

        @event.listens_for(beside, "before_cursor_execute")
        def hang(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if statement.startswith("KILL"):
                proxy.mode = "hang"

        with beside.connect() as connection, pytest.raises(exc.DBAPIError):
            abandoned.end(connection)
        pooled.dispose()


def test_what_began_after_the_wait_is_not_ended_though_it_has_the_same_number(database_url: str) -> None:
    pooled = create_engine(database_url, isolation_level="AUTOCOMMIT", connect_args={"read_timeout": 2})
    ended = AbandonedConnections(pooled, pooled, patience=2)
    with pooled.connect() as other, pooled.connect() as beside:
        (number,) = other.exec_driver_sql("SELECT CONNECTION_ID()").one()
        ended._left[number] = time.monotonic() - 2.5
        ended.end(beside)
        assert other.exec_driver_sql("SELECT CONNECTION_ID()").scalar_one() == number
        time.sleep(2.5)
        ended._left[number] = time.monotonic() - 2.5
        ended.end(beside)
        with pytest.raises(exc.OperationalError):
            other.exec_driver_sql("SELECT 1")
    pooled.dispose()

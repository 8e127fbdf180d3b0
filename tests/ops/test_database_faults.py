"""What happens to the database happens to nobody else: answers stay bounded, and healing needs no restart."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from on_databases import on_servers
from sqlalchemy.engine import make_url

from devtools import app_server, databases, network_faults
from devtools.app_server import Answer, AppServer
from devtools.network_faults import Proxy
from devtools.people import Cast, create_token

pytestmark = on_servers

BOUND = 3.0  # seconds in which there must be an answer, whatever happened
HEALED = 2.0  # seconds


@pytest.fixture
def proxy(database_url: str) -> Iterator[Proxy]:
    with network_faults.run_proxy(make_url(database_url).port or 0) as made:
        yield made


@pytest.fixture
def served(tmp_path: Path, database_url: str, proxy: Proxy) -> Iterator[AppServer]:
    through = make_url(database_url).set(port=proxy.port).render_as_string(hide_password=False)
    with app_server.gunicorn(tmp_path, through) as running:
        yield running


@pytest.fixture
def bearer(app: Flask, cast: Cast) -> dict[str, str]:
    return {"Authorization": f"Bearer {create_token(app, cast['alice'].id)}"}


def read(served: AppServer, bearer: dict[str, str]) -> Answer:
    return served.ask("GET", "/api/v1/notes", timeout=BOUND + 1, **bearer)


def clients(served: AppServer, bearer: dict[str, str], number: int, times: int) -> list[tuple[int, float]]:
    """Let `number` clients ask at once, again and again; return each status and how long it took."""

    def ask(_: int) -> list[tuple[int, float]]:
        found = []
        for _ in range(times):
            began = time.monotonic()
            found.append((read(served, bearer).status, time.monotonic() - began))
        return found

    with ThreadPoolExecutor(number) as pool:
        return [answer for answers in pool.map(ask, range(number)) for answer in answers]


def test_fifty_clients_get_five_connections_and_probes_are_answered(
    served: AppServer, bearer: dict[str, str], database_url: str
) -> None:
    seen: list[int] = []
    alive: list[float] = []
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            rows = databases.run_sql(database_url, "SHOW PROCESSLIST")
            # What belongs to other processes: this asker, and the pool of the test's own app.
            seen.append(sum(1 for row in rows if "notes" in str(row[3]) and row[7] != "SHOW PROCESSLIST"))
            began = time.monotonic()
            assert served.ask("GET", "/livez").status == 200
            alive.append(time.monotonic() - began)
            time.sleep(0.02)

    before = sum(1 for row in databases.run_sql(database_url, "SHOW PROCESSLIST") if "notes" in str(row[3])) - 1
    watcher = threading.Thread(target=watch)
    watcher.start()
    answers = clients(served, bearer, 50, 10)
    over.set()
    watcher.join()
    print(f"livez: at most {max(alive) * 1000:.0f} ms; connections: {max(seen) - before}")
    assert max(seen) - before <= 5
    assert {status for status, _ in answers} <= {200, 503}
    stats = served.ask("GET", "/pool-stats").json()
    assert (stats["size"], stats["overflow"], stats["checked_out"]) == (5, 0, 0)
    assert sorted(process["size"] for process in stats["processes"].values()) == [2, 3]
    assert stats["waits"] > 0


def test_a_database_that_hangs_is_answered_in_time_and_then_forgotten(
    served: AppServer, proxy: Proxy, bearer: dict[str, str]
) -> None:
    def longest_answer() -> float:
        assert {status for status, _ in clients(served, bearer, 20, 2)} == {200}
        proxy.mode = "hang"
        answers = clients(served, bearer, 50, 1)
        assert {status for status, _ in answers} == {503}
        assert served.ask("GET", "/livez").status == 200
        assert served.ask("GET", "/health").json()["status"] == "unavailable"
        assert read(served, bearer).headers["Retry-After"]
        proxy.mode = "pass"
        heals(served, bearer)
        return max(seconds for _, seconds in answers)

    assert is_in_time(longest_answer)


def test_each_request_that_failed_has_one_line_that_says_why(
    served: AppServer, proxy: Proxy, bearer: dict[str, str]
) -> None:
    clients(served, bearer, 20, 1)
    proxy.mode = "hang"
    before = len(served.log.read_bytes())
    clients(served, bearer, 30, 1)
    proxy.mode = "pass"
    written = served.log.read_bytes()[before:]
    lines = [json.loads(line) for line in written.splitlines()]
    failed = [line for line in lines if line.get("status") == 503]
    assert len(failed) == len({line["request_id"] for line in failed}) == 30
    assert {line["cause"] for line in failed} <= {"pool", "time-out", "gone"}
    assert {line["route"] for line in failed} == {"/api/v1/notes"}
    assert b"InterfaceError" not in written
    assert len(written) < 30 * 1000


def test_a_connection_that_a_probe_opened_is_not_waited_for_either(
    served: AppServer, proxy: Proxy, bearer: dict[str, str]
) -> None:
    def longest_answer() -> float:
        for _ in range(10):
            assert served.ask("GET", "/health").status == 200
        proxy.mode = "hang"
        answers = clients(served, bearer, 10, 1)
        proxy.mode = "pass"
        assert {status for status, _ in answers} == {503}
        heals(served, bearer)
        return max(seconds for _, seconds in answers)

    assert is_in_time(longest_answer)


def is_in_time(longest_answer: Callable[[], float]) -> bool:
    """What else keeps the machine busy makes an answer late, but not each time."""
    return any(longest_answer() < BOUND for _ in range(3))


def heals(served: AppServer, bearer: dict[str, str]) -> None:
    deadline = time.monotonic() + HEALED
    while read(served, bearer).status != 200:
        assert time.monotonic() < deadline
    assert {status for status, _ in clients(served, bearer, 20, 3)} == {200}


def test_a_read_whose_connection_is_cut_is_asked_again(served: AppServer, proxy: Proxy, bearer: dict[str, str]) -> None:
    clients(served, bearer, 20, 2)
    for _ in range(5):
        proxy.reset()
        assert read(served, bearer).status == 200


def test_a_database_that_refuses_is_said_to_be_unavailable(
    served: AppServer, proxy: Proxy, bearer: dict[str, str]
) -> None:
    def longest_answer() -> float:
        proxy.mode = "reset"
        proxy.reset()
        answers = clients(served, bearer, 20, 2)
        assert {status for status, _ in answers} == {503}
        proxy.mode = "pass"
        heals(served, bearer)
        return max(seconds for _, seconds in answers)

    assert is_in_time(longest_answer)

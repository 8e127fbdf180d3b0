"""The front whose app is behind a load balancer, known only by a name whose addresses change."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from devtools.dns import NameServer, run_name_server
from devtools.echo_server import EchoServer
from devtools.nginx import Nginx, readable_directory, run_nginx
from devtools.processes import free_port, run_server, wait_until
from devtools.programs import find_program

BALANCER = "lb.internal.test"


@dataclass
class Front:
    """The front, its two balancers (which are app servers) and the names it sees."""

    nginx: Nginx
    names: NameServer
    balancers: list[EchoServer]


@contextlib.contextmanager
def front(home: Path, *options: str) -> Iterator[Front]:
    port = free_port()
    balancers = [EchoServer(f"balancer-{n}", port, home, f"127.30.0.{n}") for n in (1, 2)]
    with contextlib.ExitStack() as stack:
        names = stack.enter_context(run_name_server(balancers[0].address))
        given = ["--front", "load-balancer", "--upstream", f"{BALANCER}:{port}", "--resolver", names.server]
        for balancer in balancers:
            stack.callback(balancer.stop)
            balancer.start()
        yield Front(
            stack.enter_context(run_nginx(home, *given, *options, replacements={"valid=10s": "valid=1s"})),
            names,
            balancers,
        )


@pytest.fixture(scope="module")
def balanced() -> Iterator[Front]:
    with readable_directory() as home, front(home) as started:
        yield started


@pytest.fixture
def guest(balanced: Front, address: str) -> Iterator[httpx.Client]:
    with balanced.nginx.client(address) as client:
        yield client


def test_a_new_address_of_the_load_balancer_is_used_without_a_reload(home: Path, address: str) -> None:
    with front(home) as started, started.nginx.client(address) as client:
        assert client.get("/").json()["server"] == "balancer-1"
        started.names.addresses = ["127.30.0.2"]
        wait_until(
            lambda: client.get("/", headers={"Cookie": "session=x"}).json()["server"] == "balancer-2", "the move"
        )


def test_when_one_of_its_addresses_is_dead_the_other_is_used(home: Path, address: str) -> None:
    with front(home) as started, started.nginx.client(address) as client:
        started.names.addresses = ["127.30.0.1", "127.30.0.2"]
        started.balancers[0].stop()
        answers = [client.post("/notes") for _ in range(6)]
        assert {answer.json()["server"] for answer in answers} == {"balancer-2"}


def test_nginx_starts_and_apologises_while_the_name_is_unknown(home: Path, address: str) -> None:
    with front(home) as started, started.nginx.client(address) as client:
        started.names.addresses = []
        answer = client.get("/")
        assert answer.status_code == 502
        assert "Back in a moment" in answer.text


@pytest.mark.parametrize("status", [502, 504])
def test_the_load_balancers_own_failures_become_our_page(guest: httpx.Client, status: int) -> None:
    answer = guest.get(f"/?status={status}")
    assert answer.status_code == status
    assert "Back in a moment" in answer.text
    assert answer.headers.get_list("Content-Security-Policy")[0].startswith("default-src 'none'")


@pytest.mark.parametrize("status", [400, 404, 409, 413, 422, 429, 500, 503])
def test_the_apps_own_refusals_are_passed_on(guest: httpx.Client, status: int) -> None:
    answer = guest.get(f"/?status={status}")
    assert answer.status_code == status
    assert answer.json()["server"] == "balancer-1"


def test_a_static_file_is_fetched_once_and_then_kept(guest: httpx.Client, balanced: Front, address: str) -> None:
    answers = [guest.get("/static/kept.css?v=0123456789ab") for _ in range(3)]
    assert len({answer.content for answer in answers}) == 1
    assert answers[2].headers.get_list("Cache-Control") == ["public, max-age=31536000, immutable"]
    assert [bool(line["upstream"]) for line in balanced.nginx.log_of(address, 3)] == [True, False, False]


def test_a_file_the_app_does_not_know_by_that_fingerprint_is_not_kept(
    guest: httpx.Client, balanced: Front, address: str
) -> None:
    for _ in range(2):
        guest.get("/static/other.css?v=ffffffffffff")
    assert [bool(line["upstream"]) for line in balanced.nginx.log_of(address, 2)] == [True, True]


def test_all_visitors_together_may_have_a_bounded_number_under_way(home: Path) -> None:
    with front(home, "--max-connections", "3") as started, ThreadPoolExecutor(9) as pool:
        answers = list(pool.map(lambda n: wait_there(started.nginx, f"127.40.0.{n + 2}"), range(9)))
    assert Counter(answers) == {200: 3, 503: 6}


def wait_there(nginx: Nginx, address: str) -> int:
    with nginx.client(address) as client:
        return client.get("/?sleep=1").status_code


BALANCER_CONFIGURATION = """
pid {home}/balancer.pid;
error_log {home}/balancer.log;
events {{}}
http {{
    access_log off;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{app_port};
            proxy_set_header Host $http_host;
            # As an Application Load Balancer does: its peer is added, the scheme is its own listener's.
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
        }}
    }}
}}
"""


@pytest.fixture
def two_hops(home: Path) -> Iterator[Nginx]:
    """This nginx, a load balancer that adds its peer to X-Forwarded-For, and an app with PROXY_HOPS=2."""
    app, port = EchoServer("app", free_port(), home, hops=2), free_port()
    text = BALANCER_CONFIGURATION.format(home=home, port=port, app_port=app.port)
    (home / "balancer.conf").write_text(text)
    balancer = [find_program("nginx"), "-c", str(home / "balancer.conf"), "-g", "daemon off;"]
    front = ["--front", "load-balancer", "--upstream", f"127.0.0.1:{port}"]
    app.start()
    with run_server(balancer, port, home / "balancer.log"), run_nginx(home, *front) as nginx:
        yield nginx
    app.stop()


def test_two_hops_away_the_app_gets_the_visitors_address(two_hops: Nginx, address: str) -> None:
    with two_hops.client(address) as client:
        assert client.get("/").json()["address"] == address


def test_two_hops_away_a_forged_address_is_ignored(two_hops: Nginx, address: str) -> None:
    with two_hops.client(address) as client:
        forged = client.get("/", headers={"X-Forwarded-For": "203.0.113.1, 203.0.113.2, 203.0.113.3"})
    assert forged.json()["address"] == address
    assert forged.json()["headers"]["x_forwarded_for"] == f"{address}, 127.0.0.1"

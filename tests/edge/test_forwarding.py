"""What the app is told about a visitor, and what a visitor cannot make it believe."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from devtools.echo_server import EchoServer, upstreams
from devtools.nginx import CLOSED, NAME, Nginx, run_nginx

CLAIMS = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Real-IP": "203.0.113.9",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Host": "evil.test",
    "X-Forwarded-Port": "1",
    "X-Forwarded-Prefix": "/evil",
    "Forwarded": "for=203.0.113.9",
    "Proxy": "http://evil.test",
    "X-Request-Id": "chosen",
}


def heard(client: httpx.Client, **headers: str) -> dict[str, str]:
    answer = client.get("/", headers=headers)
    told: dict[str, str] = answer.json()["headers"]
    return told


def test_the_app_learns_name_address_and_scheme(visitor: httpx.Client, nginx: Nginx, address: str) -> None:
    told = heard(visitor)
    assert told["host"] == f"{NAME}:{nginx.https_port}"
    assert told["x_real_ip"] == told["x_forwarded_for"] == address
    assert told["x_forwarded_proto"] == "https"


def test_forwarding_headers_of_a_visitor_are_not_passed_on(visitor: httpx.Client, address: str) -> None:
    told = heard(visitor, **CLAIMS)
    assert told["x_forwarded_for"] == told["x_real_ip"] == address
    assert told["x_forwarded_proto"] == "https"
    claimed = {"x_forwarded_host", "x_forwarded_port", "x_forwarded_prefix", "forwarded", "proxy"}
    assert claimed & told.keys() == set()


def test_app_and_visitor_and_log_share_one_request_id(visitor: httpx.Client, nginx: Nginx, address: str) -> None:
    answer = visitor.get("/", headers={"X-Request-Id": "chosen"})
    request_id = answer.headers["X-Request-Id"]
    assert len(request_id) == 32
    assert answer.json()["headers"]["x_request_id"] == request_id
    assert nginx.log_of(address)[0]["request_id"] == request_id


def test_the_host_in_an_absolute_request_line_wins_over_the_header(nginx: Nginx, address: str) -> None:
    with nginx.client(address, scheme="http") as client:
        answer = client.get("/", headers={"Host": "evil.test"}, extensions={"target": f"http://{NAME}/".encode()})
    assert answer.headers["Location"] == f"https://{NAME}:{nginx.https_port}/"


@pytest.fixture
def behind(home: Path, servers: list[EchoServer]) -> Iterator[Nginx]:
    """An instance whose load balancer has the addresses 127.9.0.0/24."""
    options = ["--front", "instance", *upstreams(servers), "--trusted-proxy", "127.9.0.0/24"]
    with run_nginx(home, *options) as running:
        yield running


def test_of_x_forwarded_for_only_the_entry_of_our_load_balancer_is_used(behind: Nginx) -> None:
    with behind.client("127.9.0.1", scheme="http") as load_balancer:
        forwarded = {"X-Forwarded-For": "1.1.1.1, 203.0.113.9", "X-Forwarded-Proto": "https"}
        told = heard(load_balancer, **forwarded)
    assert told["x_forwarded_for"] == told["x_real_ip"] == "203.0.113.9"
    assert told["x_forwarded_proto"] == "https"
    assert told["host"] == NAME


def test_behind_a_load_balancer_x_forwarded_for_of_other_hosts_is_ignored(behind: Nginx) -> None:
    with behind.client("127.9.1.1", scheme="http") as neighbour:
        answer = neighbour.get("/", headers={"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"})
    assert answer.status_code == 301
    assert behind.log_of("127.9.1.1")[0]["status"] == 301


def test_plain_http_at_the_load_balancer_is_sent_to_https(behind: Nginx) -> None:
    with behind.client("127.9.0.1", scheme="http") as load_balancer:
        answer = load_balancer.get("/n?q=1", headers={"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"})
    assert answer.status_code == 301
    assert answer.headers["Location"] == f"https://{NAME}/n?q=1"
    assert "Strict-Transport-Security" not in answer.headers


def test_plain_http_is_served_where_the_load_balancer_has_no_certificate(home: Path, servers: list[EchoServer]) -> None:
    options = ["--front", "instance", *upstreams(servers), "--trusted-proxy", "127.9.0.0/24", "--scheme", "any"]
    with run_nginx(home, *options) as plain, plain.client("127.9.0.1", scheme="http") as load_balancer:
        told = heard(load_balancer, **{"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"})
    assert (told["x_forwarded_proto"], told["x_real_ip"]) == ("http", "203.0.113.9")


def test_the_load_balancer_may_ask_for_health_by_address(behind: Nginx) -> None:
    with behind.client("127.9.0.1", name="10.0.1.5", scheme="http") as load_balancer:
        assert load_balancer.get("/health").json()["path"] == "/health"


@pytest.mark.parametrize(
    ("source", "headers"),
    [("127.9.0.1", {"X-Forwarded-For": "203.0.113.9"}), ("127.9.1.1", {})],
    ids=["visitor", "peer"],
)
def test_nobody_else_may_ask_for_health_by_address(behind: Nginx, source: str, headers: dict[str, str]) -> None:
    with behind.client(source, name="10.0.1.5", scheme="http") as client, pytest.raises(CLOSED):
        client.get("/health", headers=headers)


def test_health_is_hidden_from_the_internet_behind_a_load_balancer_too(behind: Nginx) -> None:
    with behind.client("127.9.0.1", scheme="http") as load_balancer:
        forwarded = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
        assert load_balancer.get("/health", headers=forwarded).status_code == 404


def test_one_hop_away_a_forged_address_is_ignored(visitor: httpx.Client, address: str) -> None:
    forged = visitor.get("/", headers={"X-Forwarded-For": "203.0.113.1, 203.0.113.2"})
    assert forged.json()["address"] == address

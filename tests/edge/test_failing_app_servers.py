"""What visitors notice when app servers restart, fail or are full: as little as possible, and nothing twice."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from devtools.echo_server import run_echo_servers, upstreams
from devtools.nginx import Nginx, run_nginx


@pytest.mark.parametrize("server", ["app-1", "app-2"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_page_or_form_is_answered_by_the_other_server(visitor: httpx.Client, method: str, server: str) -> None:
    answers = [visitor.request(method, f"/notes?hang_up={server}") for _ in range(4)]
    assert {answer.json()["server"] for answer in answers} == {"app-1", "app-2"} - {server}


def test_an_api_call_with_a_key_is_answered_by_the_other_server(visitor: httpx.Client) -> None:
    calls = [visitor.post("/api/v1/notes?hang_up=app-1", headers={"Idempotency-Key": "k"}) for _ in range(4)]
    assert [call.json()["server"] for call in calls] == ["app-2"] * 4


def test_an_api_call_without_a_key_is_never_sent_twice(visitor: httpx.Client) -> None:
    calls = [visitor.post("/api/v1/notes?hang_up=app-1,app-2") for _ in range(4)]
    assert [call.status_code for call in calls] == [502] * 4


def test_an_api_read_needs_no_key(visitor: httpx.Client) -> None:
    calls = [visitor.get("/api/v1/notes?hang_up=app-1") for _ in range(4)]
    assert [call.status_code for call in calls] == [200] * 4


def test_when_no_server_answers_people_get_a_page_that_tries_again(visitor: httpx.Client) -> None:
    answer = visitor.post("/notes?hang_up=app-1,app-2")
    assert answer.status_code == 502
    assert answer.headers["Retry-After"] == "5"
    assert "safe: your browser keeps it as a draft" in answer.text
    assert '<meta http-equiv="refresh" content="5">' in answer.text


def test_the_page_loads_nothing_that_its_policy_forbids(visitor: httpx.Client) -> None:
    page = visitor.get("/?hang_up=app-1,app-2").text
    style = visitor.get("/.edge/pages.css")
    assert [word for word in ("<style", "style=", "<script", "<img") if word in page] == []
    assert style.headers["Content-Type"] == "text/css"
    assert 'href="/.edge/pages.css"' in page


def test_programs_get_a_problem_they_can_read(visitor: httpx.Client) -> None:
    answer = visitor.get("/api/v1/notes?hang_up=app-1,app-2")
    assert answer.status_code == 502
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["title"] == "Temporarily unavailable"


@pytest.mark.parametrize("page", ["/.edge/unavailable.html", "/.edge/too-large.json", "/.edge/no-answer"])
def test_a_refusal_cannot_be_asked_for(visitor: httpx.Client, page: str) -> None:
    assert visitor.get(page).status_code == 404


def test_what_the_app_says_itself_is_passed_on(visitor: httpx.Client) -> None:
    answer = visitor.get("/?status=503&retry_after=60")
    assert answer.json()["server"]
    assert answer.headers.get_list("Retry-After") == ["60"]


@pytest.fixture
def narrow(home: Path) -> Iterator[Nginx]:
    """Two app servers that may have two requests each."""
    with run_echo_servers(home) as servers:
        options = ["--front", "instance", *upstreams(servers), "--max-connections", "2"]
        with run_nginx(home, *options) as running:
            yield running


def test_more_than_the_servers_can_take_is_turned_away_at_once(narrow: Nginx, address: str) -> None:
    with narrow.client(address) as client, ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: client.get("/?sleep=1"), range(12)))
    assert Counter(answer.status_code for answer in answers) == {200: 4, 503: 8}
    refused = next(answer for answer in answers if answer.status_code == 503)
    assert refused.headers["Retry-After"] == "5"
    assert "Back in a moment" in refused.text


def test_an_answer_that_takes_too_long_is_given_up_and_not_asked_for_again(home: Path, address: str) -> None:
    shorter = {"proxy_read_timeout 30s": "proxy_read_timeout 2s", "upstream_timeout 10s": "upstream_timeout 1s"}
    with contextlib.ExitStack() as stack:
        servers = stack.enter_context(run_echo_servers(home))
        front = run_nginx(home, "--front", "instance", *upstreams(servers), replacements=shorter)
        client = stack.enter_context(stack.enter_context(front).client(address))
        answer = client.post("/?sleep=3", headers={"Idempotency-Key": "slow"})
    assert answer.status_code == 504
    assert answer.headers["Retry-After"] == "10"
    assert servers[0].posts == ["slow"]


def test_a_rolling_restart_loses_no_write(home: Path) -> None:
    stopped = threading.Event()
    with run_echo_servers(home) as servers, run_nginx(home, "--front", "instance", *upstreams(servers)) as nginx:
        with ThreadPoolExecutor(4) as pool:
            writers = [pool.submit(write_until, stopped, nginx, f"127.220.{number}.7") for number in range(4)]
            for server in servers * 2:
                server.stop()
                server.start()
            stopped.set()
            sent = [key for writer in writers for key in writer.result()]
        assert len(sent) > 100
        # A request may reach both servers; the app does what a key asks for once.
        assert set(servers[0].posts) == set(sent)


def write_until(stopped: threading.Event, nginx: Nginx, address: str) -> list[str]:
    """Post one key after the other from `address`; any answer but 200 ends the test."""
    keys: list[str] = []
    with nginx.client(address) as client:
        while not stopped.wait(0.03):
            keys.append(f"{address}-{len(keys)}")
            client.post("/", headers={"Idempotency-Key": keys[-1], "Cookie": "session=x"}).raise_for_status()
    return keys

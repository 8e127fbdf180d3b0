"""One visitor cannot have everything: sizes, rates, connections and slowness are bounded."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from config import from_environment
from devtools.nginx import NAME, Nginx

LARGEST: int = from_environment({"APP_ENV": "testing", "SECRET_KEY": "only-to-read-a-limit-0123456789abc"})[
    "MAX_CONTENT_LENGTH"
]


def connect(nginx: Nginx, address: str) -> ssl.SSLSocket:
    plain = socket.create_connection(("127.0.0.1", nginx.https_port), source_address=(address, 0))
    return nginx.tls_context().wrap_socket(plain, server_hostname=NAME)


def statuses(visitor: httpx.Client, count: int, path: str = "/", headers: dict[str, str] | None = None) -> Counter[int]:
    """Ask `count` times as fast as four connections can."""
    with ThreadPoolExecutor(4) as pool:
        return Counter(pool.map(lambda _: visitor.get(path, headers=headers).status_code, range(count)))


@pytest.mark.parametrize(("excess", "status"), [(0, 200), (1, 413)])
def test_a_form_may_be_as_large_as_the_app_takes(visitor: httpx.Client, excess: int, status: int) -> None:
    assert visitor.post("/", content=b"x" * (LARGEST + excess)).status_code == status


@pytest.mark.parametrize("path", ["/files", "/notes", "/notes/1", "/api/v1/files"])
def test_what_may_hold_a_file_has_room_for_one(visitor: httpx.Client, path: str) -> None:
    assert visitor.post(path, content=b"x" * (27 * 1024**2)).status_code == 200
    assert visitor.post(path, content=b"x" * (27 * 1024**2 + 1)).status_code == 413


def test_a_body_without_a_length_is_measured_too(visitor: httpx.Client) -> None:
    assert visitor.post("/", content=iter([b"x" * 100_000] * 30)).status_code == 413


def test_a_refusal_is_a_page_for_people_and_a_problem_for_programs(visitor: httpx.Client) -> None:
    page = visitor.post("/tags", content=b"x" * (LARGEST + 1))
    problem = visitor.post("/api/v1/notes", content=b"x" * (LARGEST + 1))
    assert "That is too large" in page.text
    assert problem.headers["Content-Type"] == "application/problem+json"
    assert problem.json()["title"] == "Too large"


def test_a_visitor_may_ask_about_forty_times_at_once(visitor: httpx.Client) -> None:
    answers = statuses(visitor, 120)
    assert 40 <= answers[200] < 80
    assert answers[429] == 120 - answers[200]


@pytest.mark.parametrize(
    "proof", [{"Cookie": "theme=dark; __Host-session=x"}, {"Cookie": "session=x"}, {"Authorization": "Bearer x"}]
)
def test_somebody_signed_in_may_ask_three_times_as_often(visitor: httpx.Client, proof: dict[str, str]) -> None:
    answers = statuses(visitor, 110, headers=proof)
    assert answers == {200: 110}


def test_with_a_cookie_the_number_of_requests_is_limited_too(visitor: httpx.Client) -> None:
    answers = statuses(visitor, 400, headers={"Cookie": "session=forged"})
    assert answers[429] > 0


def test_the_pictures_of_a_note_wait_instead_of_being_refused(visitor: httpx.Client) -> None:
    started = time.monotonic()
    assert statuses(visitor, 170, "/files/7/a.png", {"Cookie": "session=x"}) == {200: 170}
    assert time.monotonic() - started > 1
    assert statuses(visitor, 120, "/files/7/a.png")[429] > 0


def test_an_unrelated_cookie_does_not_raise_the_limit(visitor: httpx.Client) -> None:
    answers = statuses(visitor, 120, headers={"Cookie": "mysession=x; session="})
    assert answers[429] > 0


def test_static_files_are_not_counted(visitor: httpx.Client, stylesheet: str) -> None:
    assert statuses(visitor, 150, stylesheet) == {200: 150}


def test_one_address_does_not_use_up_what_another_has(visitor: httpx.Client, nginx: Nginx) -> None:
    statuses(visitor, 120)
    with nginx.client("127.200.0.9") as other:
        assert other.get("/").status_code == 200


def test_sign_in_may_be_tried_ten_times_at_once(visitor: httpx.Client) -> None:
    answers = [visitor.post("/sign-in", headers={"Cookie": "session=x"}) for _ in range(14)]
    assert [answer.status_code for answer in answers[:11]] == [200] * 11
    assert answers[-1].status_code == 429
    assert answers[-1].headers["Retry-After"] == "10"
    assert visitor.get("/sign-in").status_code == 200


def test_an_address_may_have_64_requests_under_way(nginx: Nginx, address: str) -> None:
    # A body that is announced and not sent keeps a request under way.
    head = f"POST / HTTP/1.1\r\nHost: {NAME}\r\nCookie: session=x\r\nContent-Length: 9\r\n\r\n"
    with nginx.client(address) as client, contextlib.ExitStack() as stack:
        for _ in range(64):
            stack.enter_context(connect(nginx, address)).sendall(head.encode())
        answer = client.get("/.edge/pages.css")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"


@pytest.mark.parametrize(
    "trickle", [b"X-More: 1\r\n", b"x"], ids=["a header that never ends", "a body that never comes"]
)
def test_a_slow_client_is_cut_off(nginx: Nginx, address: str, trickle: bytes) -> None:
    head = f"POST / HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: 1000\r\n".encode()
    with connect(nginx, address) as connection:
        connection.sendall(head if trickle != b"x" else head + b"\r\n")
        if trickle != b"x":
            time.sleep(4)
            connection.sendall(trickle)  # the time is for the whole header: a byte now and then does not renew it
        connection.settimeout(15)
        assert connection.recv(1) == b""

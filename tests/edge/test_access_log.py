"""The access log is one JSON object a line, whatever was asked."""

from __future__ import annotations

import contextlib
import socket

import httpx
import pytest

from devtools.nginx import NAME, Nginx
from devtools.processes import wait_until


def send(nginx: Nginx, request: bytes) -> None:
    """Send bytes no HTTP library would, and wait until nginx has dealt with them."""
    with socket.create_connection(("127.0.0.1", nginx.http_port), timeout=30) as connection:
        connection.sendall(request)
        with contextlib.suppress(ConnectionResetError):
            connection.makefile("rb").read()


def test_a_line_tells_who_asked_what_and_what_came_of_it(visitor: httpx.Client, nginx: Nginx, address: str) -> None:
    visitor.get("/told?q=private", headers={"User-Agent": 'a "quoted" browser'})
    line = nginx.log_of(address)[0]
    assert (line["path"], line["method"], line["status"]) == ("/told", "GET", 200)
    assert line["user_agent"] == 'a "quoted" browser'
    assert line["upstream_status"] == "200"
    assert line["seconds"] >= 0


def test_what_people_search_for_is_not_logged(visitor: httpx.Client, nginx: Nginx, address: str) -> None:
    visitor.get("/search?q=my-illness")
    assert nginx.log_of(address)[0]["path"] == "/search"
    assert "my-illness" not in (nginx.home / "log" / "access.log").read_text()


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/tags/my-illness", "/tags/(name)"),
        ("/api/v1/tags/my-illness/rename", "/api/v1/tags/(name)"),
        ("/entries/my-illness?x=1", "/entries/(name)"),
        ("/tags/?q=my-illness", "/tags/"),
        ("/tags", "/tags"),
        ("/%74ags/my-illness", "/"),
        ("/Tags/tags/my-illness", "/Tags/(name)"),
        ("/tags/?next=/tags/my-illness", "/tags/"),
    ],
)
def test_what_people_call_their_things_is_not_logged(
    visitor: httpx.Client, nginx: Nginx, address: str, path: str, logged: str
) -> None:
    visitor.get(path)
    assert nginx.log_of(address)[0]["path"] == logged
    assert "my-illness" not in (nginx.home / "log" / "access.log").read_text()


def test_names_are_not_logged_however_an_address_is_written(nginx: Nginx) -> None:
    for path in ("//tags/my-illness", "/notes/../tags/my-illness", "/tags//my-illness", "/%2ftags/my-illness"):
        send(nginx, f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode())
    written = ["//tags/(name)", "/notes/../tags/(name)", "/tags//(name)", "/"]
    wait_until(lambda: set(written) <= {line["path"] for line in nginx.log()}, "the requests in the log")
    assert "my-illness" not in (nginx.home / "log" / "access.log").read_text()


def test_bytes_that_are_no_text_leave_the_log_valid(nginx: Nginx) -> None:
    request = f'GET /\xff"\\ HTTP/1.1\r\nHost: {NAME}\r\nUser-Agent: \xfe\xff"\r\nConnection: close\r\n\r\n'
    send(nginx, request.encode("latin-1"))
    send(nginx, b"\x16\x03\x01 no http at all\r\n\r\n")
    wait_until(lambda: "(not ASCII)" in [line["user_agent"] for line in nginx.log()], "the request in the log")


def test_a_connection_without_a_request_leaves_the_log_valid(nginx: Nginx) -> None:
    socket.create_connection(("127.0.0.1", nginx.http_port)).close()
    send(nginx, b"GET / HTTP/1.1\r\nHost: unknown.test\r\n\r\n")
    wait_until(lambda: any(line["status"] == 444 for line in nginx.log()), "the closed request in the log")

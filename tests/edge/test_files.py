"""Files behind nginx: what the app says of them arrives, and who reads slowly holds nginx alone."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from engines.conftest import hidden
from files.conftest import HTML, PDF, PNG

from app.files.serving import POLICY, SANDBOX
from app.web.headers import CONTENT_SECURITY_POLICY
from devtools.browsers import notes_app
from devtools.nginx import NAME, Nginx, readable_directory, run_nginx, upstream_options
from devtools.people import PASSWORD

READERS = 6
SECONDS = 20  # a worker that is held is killed after 30
MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """One process with one thread, and nginx in front of it."""
    environ = {"PROXY_HOPS": "1", "WEB_CONCURRENCY": "1", "WEB_THREADS": "1", "SIGN_UP": "open"}
    with notes_app(tmp_path_factory.mktemp("app"), **environ) as address, readable_directory() as home:
        port = int(address.rpartition(":")[2])
        with run_nginx(home, "--front", "instance", *upstream_options([port])) as nginx:
            yield nginx


@pytest.fixture
def ada(front: Nginx, address: str) -> Iterator[httpx.Client]:
    with front.client(address) as client:
        client.headers["Referer"] = f"https://{NAME}/"
        form = {"email": f"ada-{address}@example.org", "password": PASSWORD, "again": PASSWORD}
        token = hidden(client.get("/sign-up").text, "csrf_token")
        assert client.post("/sign-up", data=form | {"csrf_token": token}).status_code == 303
        yield client


def add(client: httpx.Client, content: bytes, name: str) -> str:
    headers = {
        "X-CSRFToken": hidden(client.get("/notes/new").text, "csrf_token"),
        "Content-Type": "application/octet-stream",
    }
    answer = client.post("/files", params={"name": name}, content=content, headers=headers)
    return str(answer.raise_for_status().json()["address"])


@pytest.mark.parametrize(
    ("content", "policy"), [(PNG, SANDBOX), (PDF, POLICY), (HTML, SANDBOX)], ids=["a picture", "a PDF", "HTML"]
)
def test_a_files_own_headers_arrive(ada: httpx.Client, content: bytes, policy: str) -> None:
    path = add(ada, content, "a.bin")
    answer = ada.get(path)
    assert answer.content == content
    assert answer.headers.get_list("Content-Security-Policy") == [policy]
    assert answer.headers.get_list("X-Content-Type-Options") == ["nosniff"]
    assert answer.headers.get_list("Cache-Control") == ["private, max-age=31536000, immutable"]
    assert ada.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    part = ada.get(path, headers={"Range": "bytes=1-3", "If-Range": answer.headers["ETag"]})
    assert (part.status_code, part.content) == (206, content[1:4])


def test_what_is_no_file_has_the_sites_policy(ada: httpx.Client) -> None:
    answer = ada.get("/files/1/none.png")
    assert answer.status_code == 404
    assert answer.headers.get_list("Content-Security-Policy") == [CONTENT_SECURITY_POLICY]


def test_slow_readers_do_not_hold_the_only_worker(ada: httpx.Client, front: Nginx, address: str) -> None:
    path = add(ada, bytes(24 * MEGABYTE), "film.bin")  # more than sockets hold
    with ExitStack() as stack:
        started = time.monotonic()
        readers = [stack.enter_context(read_slowly(ada, front, address, path)) for _ in range(READERS)]
        assert ada.get("/notes").status_code == 200
        assert [reader.recv(12) for reader in readers] == [b"HTTP/1.1 200"] * READERS
        assert time.monotonic() - started < SECONDS


def read_slowly(client: httpx.Client, front: Nginx, address: str, path: str) -> socket.socket:
    """Return a connection on which somebody has asked for the file and reads nothing."""
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    plain.bind((address, 0))
    plain.connect(("127.0.0.1", front.https_port))
    connection = front.tls_context().wrap_socket(plain, server_hostname=NAME)
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\nCookie: {cookie}\r\n\r\n".encode())
    return connection

"""While S3 takes requests and answers none, one waits for it: all others leave their room to who wants no file."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from botocore.config import Config

from app.files import s3
from app.files.s3 import S3Store
from app.files.store import StoreUnavailable
from devtools.dynamodb import CREDENTIALS
from devtools.processes import wait_until

READERS = 20
SHA256 = bytes(32)


class S3(ThreadingHTTPServer):
    """Says that it has no such object, once it answers at all."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked, self.answers = 0, threading.Event()


class Handler(BaseHTTPRequestHandler):
    server: S3

    def do_HEAD(self) -> None:
        self.server.asked += 1
        if self.server.answers.wait(5):
            self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in http.server
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[S3]:
    with S3() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.answers.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def store(server: S3, monkeypatch: pytest.MonkeyPatch) -> S3Store:
    for name, value in (CREDENTIALS | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}"}).items():
        monkeypatch.setenv(name, value)
    soon = Config(read_timeout=2, retries={"total_max_attempts": 1})
    monkeypatch.setattr(s3, "PATIENCE", s3.PATIENCE.merge(soon))
    monkeypatch.setattr(s3, "SILENCE", 0.5)
    return S3Store("files", "", "eu-central-1")


def ask_together(store: S3Store) -> list[float]:
    """Return how long each of the readers waited for a refusal."""
    together = threading.Barrier(READERS)

    def ask(_number: int) -> float:
        together.wait()
        began = time.monotonic()
        with pytest.raises(StoreUnavailable):
            store.size(1, SHA256)
        return time.monotonic() - began

    with ThreadPoolExecutor(READERS) as pool:
        return sorted(pool.map(ask, range(READERS)))


def test_one_request_waits_for_it_and_all_others_are_refused_at_once(store: S3Store, server: S3) -> None:
    with pytest.raises(StoreUnavailable):
        store.size(1, SHA256)
    *others, one = ask_together(store)
    assert one >= 2
    assert max(others) < 1
    assert server.asked == 2


def test_nobody_waits_for_the_first_to_give_up(store: S3Store, server: S3) -> None:
    with ThreadPoolExecutor() as pool:
        first = pool.submit(store.size, 1, SHA256)
        wait_until(lambda: server.asked == 1, "the first request", 5)
        time.sleep(s3.SILENCE)
        alone = pool.submit(store.size, 1, SHA256)
        wait_until(lambda: server.asked == 2, "the one that waits beside it", 5)
        with pytest.raises(StoreUnavailable):
            store.size(1, SHA256)
        assert server.asked == 2
        server.answers.set()
        assert (first.result(), alone.result()) == (None, None)


def test_everybody_is_answered_as_soon_as_one_is(store: S3Store, server: S3) -> None:
    with pytest.raises(StoreUnavailable):
        store.size(1, SHA256)
    server.answers.set()
    assert store.size(1, SHA256) is None
    with ThreadPoolExecutor(READERS) as pool:
        assert list(pool.map(lambda _: store.size(1, SHA256), range(READERS))) == [None] * READERS

"""While S3 takes requests and answers none, one waits for it: all others leave their room to who wants no file."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from botocore.config import Config

from app.files import s3
from app.files.s3 import S3Store
from app.files.store import NotReached, StoreUnavailable
from devtools.dynamodb import CREDENTIALS
from devtools.processes import wait_until

READERS = 8
LOST = 9  # the owner about whose content nobody is ever answered
SHA256 = bytes(32)


class S3(ThreadingHTTPServer):
    """Says that it has no such object, once it answers at all."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked, self.answers, self.hangs_up = 0, threading.Event(), threading.Event()


class Handler(BaseHTTPRequestHandler):
    server: S3

    def do_HEAD(self) -> None:
        self.server.asked += 1
        is_lost = f"/{LOST}/" in self.path
        while not self.server.hangs_up.is_set():
            if not is_lost and self.server.answers.wait(0.01):
                self.send_error(404)
                return
            time.sleep(0.01)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in http.server
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[S3]:
    with S3() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.hangs_up.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def make_store(server: S3, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], S3Store]:
    """Make a store that waits so many seconds for an answer."""
    for name, value in (CREDENTIALS | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(s3, "SILENCE", 0.2)

    def make(seconds: float) -> S3Store:
        once = Config(read_timeout=seconds, retries={"total_max_attempts": 1})
        monkeypatch.setattr(s3, "PATIENCE", s3.PATIENCE.merge(once))
        return S3Store("files", "", "eu-central-1")

    return make


@pytest.fixture
def silent(make_store: Callable[[float], S3Store]) -> S3Store:
    """A store of which one request has waited in vain."""
    store = make_store(1)
    with pytest.raises(StoreUnavailable):
        store.size(1, SHA256)
    return store


def test_one_request_asks_it_and_all_others_are_refused(silent: S3Store, server: S3) -> None:
    together = threading.Barrier(READERS)

    def ask(_number: int) -> None:
        together.wait()
        with pytest.raises(StoreUnavailable):
            silent.size(1, SHA256)

    with ThreadPoolExecutor(READERS) as pool:
        list(pool.map(ask, range(READERS)))
    assert server.asked == 2


def ask_until_silent(pool: ThreadPoolExecutor, store: S3Store, server: S3) -> Future[int | None]:
    """Return a request that has waited for so long that S3 is taken to give no answer."""
    first = pool.submit(store.size, 1, SHA256)
    wait_until(lambda: server.asked == 1, "the first request", 30)
    time.sleep(s3.SILENCE)
    return first


def test_nobody_waits_for_the_first_to_give_up(make_store: Callable[[float], S3Store], server: S3) -> None:
    store = make_store(60)
    with ThreadPoolExecutor() as pool:
        first = ask_until_silent(pool, store, server)
        alone = pool.submit(store.size, 1, SHA256)
        wait_until(lambda: server.asked == 2, "the one that waits beside it", 30)
        with pytest.raises(NotReached):
            store.size(1, SHA256)
        assert server.asked == 2
        server.answers.set()
        assert (first.result(), alone.result()) == (None, None)


def test_everybody_is_answered_as_soon_as_one_is(silent: S3Store, server: S3) -> None:
    server.answers.set()
    assert silent.size(1, SHA256) is None
    with ThreadPoolExecutor(READERS) as pool:
        assert list(pool.map(lambda _: silent.size(1, SHA256), range(READERS))) == [None] * READERS


def test_a_connection_that_ends_without_an_answer_is_none(make_store: Callable[[float], S3Store], server: S3) -> None:
    store = make_store(60)
    with ThreadPoolExecutor() as pool:
        first = ask_until_silent(pool, store, server)
        server.hangs_up.set()
        with pytest.raises(StoreUnavailable):
            first.result()
        server.hangs_up.clear()
        pool.submit(store.size, LOST, SHA256)
        wait_until(lambda: server.asked == 2, "the one that waits", 30)
        with pytest.raises(StoreUnavailable):
            store.size(1, SHA256)
        assert server.asked == 2
        server.hangs_up.set()


def test_one_lost_request_among_others_stops_nobody(make_store: Callable[[float], S3Store], server: S3) -> None:
    store = make_store(1)
    server.answers.set()
    with ThreadPoolExecutor() as pool:
        lost = pool.submit(store.size, LOST, SHA256)
        wait_until(lambda: server.asked == 1, "the request that is lost", 30)
        assert store.size(1, SHA256) is None
        with pytest.raises(StoreUnavailable):
            lost.result()
        pool.submit(store.size, LOST, SHA256)
        wait_until(lambda: server.asked == 3, "another", 30)
        assert store.size(1, SHA256) is None


def test_a_silence_is_forgotten_when_nobody_asks_for_a_while(
    silent: S3Store, server: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "BELIEVED", 0.2)
    time.sleep(0.3)
    server.answers.set()
    with ThreadPoolExecutor() as pool:
        pool.submit(silent.size, LOST, SHA256)
        wait_until(lambda: server.asked == 2, "a request that waits", 30)
        assert silent.size(1, SHA256) is None

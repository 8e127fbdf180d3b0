"""The edge the tests share: two app servers with an nginx in front, and visitors with an address of their own."""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from edge.servers import AppServer, Nginx, app_servers, directory, nginx_running, upstreams

Visitor = Callable[..., httpx.Client]
_numbers = itertools.count(300)


@pytest.fixture
def home() -> Iterator[Path]:
    with directory() as path:
        yield path


@pytest.fixture(scope="session")
def edge_home() -> Iterator[Path]:
    with directory() as path:
        yield path


@pytest.fixture(scope="session")
def servers(edge_home: Path) -> Iterator[list[AppServer]]:
    with app_servers(edge_home) as started:
        yield started


@pytest.fixture(scope="session")
def nginx(edge_home: Path, servers: list[AppServer]) -> Iterator[Nginx]:
    """The instance front: TLS, two app servers, static files on disk."""
    static = edge_home / "files" / "static"
    static.mkdir(parents=True)
    (static / "app.css").write_text("body { color: black }\n" * 200)
    (static / "app.css.gz").write_bytes(gzip.compress((static / "app.css").read_bytes()))
    (static / "app.0123abcd.js").write_text("'use strict'\n")
    with nginx_running(edge_home, "--front", "instance", *upstreams(servers)) as running:
        yield running


@pytest.fixture
def address() -> str:
    """A loopback address no other test uses: limits are counted for each address."""
    high, low = divmod(next(_numbers), 250)
    return f"127.{high}.{low + 2}.7"


@pytest.fixture
def visitor(nginx: Nginx, address: str) -> Iterator[httpx.Client]:
    with nginx.visitor(address) as client:
        yield client


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test here talks to a real server."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("server")

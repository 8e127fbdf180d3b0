"""The edge the tests share: two app servers with an nginx in front, and visitors with an address of their own."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from app import create_app
from config import from_environment
from devtools.echo_server import EchoServer, run_echo_servers, upstreams
from devtools.nginx import Nginx, readable_directory, run_nginx
from devtools.processes import ROOT
from edge.images import base, image, storage, wheels  # noqa: F401 - fixtures

Visitor = Callable[..., httpx.Client]
_numbers = itertools.count(300)


@pytest.fixture
def home() -> Iterator[Path]:
    with readable_directory() as path:
        yield path


@pytest.fixture(scope="session")
def edge_home() -> Iterator[Path]:
    with readable_directory() as path:
        yield path


@pytest.fixture(scope="session")
def servers(edge_home: Path) -> Iterator[list[EchoServer]]:
    with run_echo_servers(edge_home) as started:
        yield started


@pytest.fixture(scope="session")
def nginx(edge_home: Path, servers: list[EchoServer]) -> Iterator[Nginx]:
    """The instance front: TLS, two app servers, the app's own static files on disk."""
    subprocess.run([sys.executable, ROOT / "nginx" / "export-static", edge_home / "files"], check=True)
    with run_nginx(edge_home, "--front", "instance", *upstreams(servers)) as running:
        yield running


@pytest.fixture(scope="session")
def stylesheet() -> str:
    """The address of the app's stylesheet, as its pages give it."""
    app = create_app(from_environment({"APP_ENV": "testing", "SECRET_KEY": "only-for-the-addresses-of-files-1"}))
    return app.jinja_env.from_string("{{ assets['notes.css'] }}").render()


@pytest.fixture
def address() -> str:
    """A loopback address no other test uses: limits are counted for each address."""
    high, low = divmod(next(_numbers), 250)
    return f"127.{high}.{low + 2}.7"


@pytest.fixture
def visitor(nginx: Nginx, address: str) -> Iterator[httpx.Client]:
    with nginx.client(address) as client:
        yield client


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test here talks to a real server."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("server")

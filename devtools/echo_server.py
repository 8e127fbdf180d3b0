"""Gunicorn with the echo app, which stands in for the notes app behind an nginx."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from devtools.nginx import upstream_options
from devtools.processes import ROOT, free_port, run_server


@dataclass
class EchoServer:
    """One gunicorn with the echo app; `posts` are the idempotency keys of the POST requests it did."""

    name: str
    port: int
    home: Path
    address: str = "127.0.0.1"
    hops: int = 1
    _stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    @property
    def posts(self) -> list[str]:
        path = self.home / "posts"
        return path.read_text().splitlines() if path.exists() else []

    def start(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "--bind", f"{self.address}:{self.port}", "--pythonpath", str(ROOT)]
        command += ["--threads", "4", "--keep-alive", "75", "--no-control-socket", "devtools.echo_app:app"]
        environ = {"SERVER": self.name, "POSTS": str(self.home / "posts"), "PROXY_HOPS": str(self.hops)}
        server = run_server(
            command, self.port, self.home / "gunicorn.log", address=self.address, seconds_to_stop=10, environ=environ
        )
        self._stack.enter_context(server)

    def stop(self) -> None:
        self._stack.close()


@contextlib.contextmanager
def run_echo_servers(home: Path) -> Iterator[list[EchoServer]]:
    """Run two of them, app-1 and app-2."""
    servers = [EchoServer("app-1", free_port(), home), EchoServer("app-2", free_port(), home)]
    with contextlib.ExitStack() as stack:
        for server in servers:
            stack.callback(server.stop)
            server.start()
        yield servers


def upstreams(servers: Iterable[EchoServer]) -> list[str]:
    return upstream_options(server.port for server in servers)

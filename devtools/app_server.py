"""The application under a real gunicorn, and a proxy that can do to its database what networks and failovers do."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

from devtools import mariadb
from devtools.databases import SETTINGS

ROOT = Path(__file__).parents[1]
SECONDS_TO_START = 30


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Served:
    """A running instance; `log` is where its lines go."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path

    def ask(self, method: str, path: str, body: Any = None, timeout: float = 30, **headers: Any) -> Answer:
        """Return the answer; the connection ends with it. Raises OSError when there is none."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            headers |= {"Content-Type": "application/json"}
        asked = urllib.request.Request(self.address + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=timeout) as answered:
                return Answer(answered.status, dict(answered.headers), answered.read())
        except urllib.error.HTTPError as refused:
            return Answer(refused.code, dict(refused.headers), refused.read())
        except HTTPException as cut:  # in the middle of an answer
            raise ConnectionError from cut

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]


@contextmanager
def gunicorn(folder: Path, database_url: str, **environ: str) -> Iterator[Served]:
    """Serve the migrated database at `database_url`."""
    port = mariadb.free_port()
    environment = {**os.environ, **SETTINGS, "DATABASE_URL": database_url, "BIND": "127.0.0.1", "PORT": str(port)}
    log = folder / f"log-{port}"
    with log.open("w") as file:
        command = [sys.executable, "-m", "gunicorn", "crudapp:app"]
        process = subprocess.Popen(command, cwd=ROOT, env={**environment, **environ}, stdout=file, stderr=file)
    served = Served(f"http://127.0.0.1:{port}", process, log)
    try:
        _wait(served)
        yield served
    finally:
        process.terminate()
        process.wait(30)


def _wait(served: Served) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while served.process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError):
            served.ask("GET", "/livez", timeout=2)
            return
        time.sleep(0.05)
    raise RuntimeError(f"The app did not start:\n{served.log.read_text()[-3000:]}")


@dataclass
class Proxy:
    """Passes bytes on to a server, until it is told to hang (`mode = "hang"`), or to reset what comes and is there."""

    target: tuple[str, int]
    mode: str = "pass"
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    open: list[socket.socket] = field(default_factory=list)

    @property
    def port(self) -> int:
        number: int = self.listener.getsockname()[1]
        return number

    def serve(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.mode == "reset":
                _reset(client)
                continue
            try:
                server = socket.create_connection(self.target, 5)
            except OSError:
                _reset(client)
                continue
            self.open += [client, server]
            for pair in ((client, server), (server, client)):
                threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                while self.mode == "hang":
                    time.sleep(0.01)
                sink.sendall(data)
        _reset(source)
        _reset(sink)

    def reset(self) -> None:
        """Cut every connection that is there now."""
        for end in self.open:
            _reset(end)
        self.open.clear()


def _reset(end: socket.socket) -> None:
    with suppress(OSError):
        # Not waiting for what is still to be sent: the other side is told of a reset.
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads from it
    end.close()


@contextmanager
def proxy(port: int) -> Iterator[Proxy]:
    made = Proxy(("127.0.0.1", port))
    threading.Thread(target=made.serve, daemon=True).start()
    try:
        yield made
    finally:
        made.mode = "pass"
        made.listener.shutdown(socket.SHUT_RDWR)
        made.listener.close()
        made.reset()


@dataclass
class Slow:
    """A request of which all but the last byte was sent."""

    connection: socket.socket

    def finish(self) -> bytes:
        self.connection.sendall(b"}")
        return self.connection.recv(65536)


@contextmanager
def slow_request(served: Served, headers: Mapping[str, str]) -> Iterator[Slow]:
    body = b'{"title":"slow"'
    lines = [f"{name}: {value}" for name, value in headers.items()]
    lines += ["Host: localhost", "Content-Type: application/json", f"Content-Length: {len(body) + 1}"]
    head = "\r\n".join(["POST /api/v1/notes HTTP/1.1", *lines, "", ""])
    with socket.create_connection(("127.0.0.1", int(served.address.rpartition(":")[2])), 20) as connection:
        connection.sendall(head.encode() + body)
        time.sleep(0.3)
        yield Slow(connection)

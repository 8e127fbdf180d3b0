"""What networks do to connections: a proxy that hangs or resets them, and a request that is not sent to its end."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from devtools.app_server import AppServer


@dataclass
class Proxy:
    """Passes bytes on to a server, or hangs, or resets what comes: `mode` is pass, slow, hang or reset."""

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
                if self.mode == "slow":
                    time.sleep(0.05)
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
        # Not waiting for what is still to be sent: the other side sees a reset.
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads from it
    end.close()


@contextmanager
def run_proxy(port: int) -> Iterator[Proxy]:
    proxy = Proxy(("127.0.0.1", port))
    threading.Thread(target=proxy.serve, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.mode = "pass"
        proxy.listener.shutdown(socket.SHUT_RDWR)
        proxy.listener.close()
        proxy.reset()


@dataclass
class UnfinishedRequest:
    """A request of which all but the last byte was sent."""

    connection: socket.socket

    def finish(self) -> bytes:
        self.connection.sendall(b"}")
        return self.connection.recv(65536)


@contextmanager
def send_unfinished_request(server: AppServer, headers: Mapping[str, str]) -> Iterator[UnfinishedRequest]:
    body = b'{"title":"slow"'
    lines = [f"{name}: {value}" for name, value in headers.items()]
    lines += ["Host: localhost", "Content-Type: application/json", f"Content-Length: {len(body) + 1}"]
    head = "\r\n".join(["POST /api/v1/notes HTTP/1.1", *lines, "", ""])
    with socket.create_connection(("127.0.0.1", int(server.address.rpartition(":")[2])), 20) as connection:
        connection.sendall(head.encode() + body)
        time.sleep(0.3)
        yield UnfinishedRequest(connection)

"""Starts the real servers these tests talk to, on free loopback ports, and ends them."""

from __future__ import annotations

import contextlib
import json
import os
import random
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from dnslib import QTYPE, RR, A, DNSRecord
from dnslib.server import DNSServer

from devtools.programs import find_program

ROOT = Path(__file__).resolve().parents[1]
RENDER = ROOT / "nginx" / "render"
NAME = "notes.test"
# How a client sees a connection that nginx closes (444) instead of answering.
CLOSED = (httpx.RemoteProtocolError, httpx.ReadError)


def free_port() -> int:
    """Return a port nobody listens on, below those the kernel hands out by itself."""
    while True:
        port = random.SystemRandom().randrange(12000, 32000)
        with contextlib.closing(socket.socket()) as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@contextlib.contextmanager
def directory() -> Iterator[Path]:
    """A directory that nginx's unprivileged workers may read, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="edge-") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


def wait_until(true: Callable[[], bool], what: str, seconds: float = 20) -> None:
    """Return as soon as `true()` holds; raise TimeoutError naming `what` when it does not in `seconds`."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.02)


def listening(port: int, address: str = "127.0.0.1") -> bool:
    with contextlib.closing(socket.socket()) as probe:
        return probe.connect_ex((address, port)) == 0


@contextlib.contextmanager
def running(
    command: Sequence[str], port: int, log: Path, address: str = "127.0.0.1", **environ: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` until the block ends; it is up when `port` accepts connections."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=os.environ | environ, cwd=ROOT)
    try:
        wait_until(lambda: process.poll() is not None or listening(port, address), command[0])
        if process.poll() is not None:
            raise RuntimeError(log.read_text())
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass
class AppServer:
    """One gunicorn with the echo app; `done` is where it writes down each POST."""

    name: str
    port: int
    home: Path
    address: str = "127.0.0.1"
    hops: int = 1
    _stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    @property
    def done(self) -> list[str]:
        path = self.home / "done"
        return path.read_text().splitlines() if path.exists() else []

    def start(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "--bind", f"{self.address}:{self.port}", "--pythonpath", str(ROOT)]
        command += ["--threads", "4", "--keep-alive", "75", "--no-control-socket", "devtools.echo_app:app"]
        environ = {"SERVER": self.name, "DONE": str(self.home / "done"), "PROXY_HOPS": str(self.hops)}
        log = self.home / "gunicorn.log"
        self._stack.enter_context(running(command, self.port, log, self.address, **environ))

    def stop(self) -> None:
        self._stack.close()


@contextlib.contextmanager
def app_servers(home: Path) -> Iterator[list[AppServer]]:
    servers = [AppServer("app-1", free_port(), home), AppServer("app-2", free_port(), home)]
    with contextlib.ExitStack() as stack:
        for server in servers:
            stack.callback(server.stop)
            server.start()
        yield servers


@dataclass
class Names:
    """A DNS server that answers every question with the addresses it holds now."""

    server: str
    addresses: list[str]

    def resolve(self, request: DNSRecord, _handler: object) -> DNSRecord:
        reply = request.reply()
        if request.q.qtype == QTYPE.A:
            reply.add_answer(*[RR(request.q.qname, rdata=A(address), ttl=60) for address in self.addresses])
        return reply


@contextlib.contextmanager
def names_served(*addresses: str) -> Iterator[Names]:
    port = free_port()
    names = Names(f"127.0.0.1:{port}", list(addresses))
    servers = [DNSServer(names, address="127.0.0.1", port=port, tcp=tcp) for tcp in (False, True)]
    for server in servers:
        server.start_thread()
    try:
        yield names
    finally:
        for server in servers:
            server.stop()
            server.server.server_close()


def self_signed(home: Path, *names: str) -> None:
    """Make fullchain.pem and privkey.pem for `names` in `home`."""
    home.mkdir(parents=True, exist_ok=True)
    command = [
        find_program("openssl"),
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    command += ["-subj", "/CN=test", "-addext", "subjectAltName=" + ",".join(f"DNS:{name}" for name in names)]
    command += ["-keyout", str(home / "privkey.pem"), "-out", str(home / "fullchain.pem")]
    subprocess.run(command, check=True, capture_output=True)


@dataclass
class Nginx:
    """A running nginx and where its files are."""

    home: Path
    http_port: int
    https_port: int
    trusted: Path | None = None

    @property
    def configuration(self) -> Path:
        return self.home / "configuration" / "nginx.conf"

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.home / "log" / "access.log").read_bytes().splitlines()]

    def logged(self, client: str, count: int = 1) -> list[dict[str, Any]]:
        """The lines about `client`, as soon as there are `count`: a line is written after its answer is sent."""
        wait_until(lambda: len(self._lines(client)) >= count, f"{count} lines about {client}")
        return self._lines(client)

    def _lines(self, client: str) -> list[dict[str, Any]]:
        return [line for line in self.log() if line["client"] == client]

    def trusting(self) -> ssl.SSLContext:
        """A context that trusts the CA in `trusted`, by default the self-signed certificate itself."""
        return ssl.create_default_context(cafile=str(self.trusted or self.home / "certificate" / "fullchain.pem"))

    def serial(self) -> str:
        """The serial number of the certificate in service, which must be one that is trusted."""
        plain = socket.create_connection(("127.0.0.1", self.https_port), timeout=5)
        with self.trusting().wrap_socket(plain, server_hostname=NAME) as connection:
            certificate = connection.getpeercert()
        assert certificate
        return str(certificate["serialNumber"])

    def visitor(self, source: str, name: str = NAME, http2: bool = False, scheme: str = "https") -> httpx.Client:
        """A client that comes from the loopback address `source` and asks for `name`."""
        port = self.https_port if scheme == "https" else self.http_port
        transport = httpx.HTTPTransport(verify=self.trusting(), http2=http2, local_address=source)
        client = httpx.Client(base_url=f"{scheme}://127.0.0.1:{port}", transport=transport, headers={"Host": name})
        client.event_hooks["request"] = [lambda request: request.extensions.update(sni_hostname=name)]
        return client


def render(nginx: Nginx, *options: str) -> None:
    """Write the configuration for `nginx`, every path of it under its home."""
    command = [str(RENDER), "--server-name", NAME, "--out", str(nginx.configuration.parent), "--listen", "127.0.0.1"]
    command += ["--http-port", str(nginx.http_port), "--https-port", str(nginx.https_port)]
    command += ["--state-dir", str(nginx.home / "state"), "--log-dir", str(nginx.home / "log")]
    command += ["--pid", str(nginx.home / "nginx.pid"), "--acme-dir", str(nginx.home / "acme")]
    command += ["--certificate", str(nginx.home / "certificate"), "--static-dir", str(nginx.home / "files")]
    subprocess.run([*command, *options], check=True)


def change(configuration: Path, old: str, new: str) -> None:
    """Replace one directive wherever it stands; raise LookupError when it stands nowhere."""
    files = [file for file in configuration.rglob("*.conf") if old in file.read_text()]
    if not files:
        raise LookupError(old)
    for file in files:
        file.write_text(file.read_text().replace(old, new))


@contextlib.contextmanager
def nginx_running(home: Path, *options: str, shorter: Mapping[str, str] | None = None) -> Iterator[Nginx]:
    """Render with `options` and serve; a certificate is made unless `home` holds one.

    `shorter` replaces directives by ones with a shorter time, so that a test need not wait.
    """
    nginx = Nginx(home, free_port(), free_port())
    render(nginx, *options)
    for old, new in (shorter or {}).items():
        change(nginx.configuration.parent, old, new)
    if not (home / "certificate").exists():
        self_signed(home / "certificate", NAME)
    command = [find_program("nginx"), "-c", str(nginx.configuration), "-g", "daemon off;"]
    with running(command, nginx.http_port, home / "nginx.log"):
        # Written when the last of its ports is open.
        wait_until((home / "nginx.pid").exists, "nginx")
        yield nginx


def upstreams(servers: Sequence[AppServer]) -> list[str]:
    return [word for server in servers for word in ("--upstream", f"127.0.0.1:{server.port}")]

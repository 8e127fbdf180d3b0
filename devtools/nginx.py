"""Nginx with the project's own configuration, on free loopback ports."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from devtools.processes import ROOT, free_port, run_server, wait_until
from devtools.programs import find_program
from devtools.tls import create_certificate

RENDER = ROOT / "nginx" / "render"
NAME = "notes.test"
# How a client sees a connection that nginx closes (444) instead of answering.
CLOSED = (httpx.RemoteProtocolError, httpx.ReadError)


@contextlib.contextmanager
def readable_directory() -> Iterator[Path]:
    """A directory that nginx's unprivileged workers may read, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="edge-") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


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

    def log_of(self, client: str, count: int = 1) -> list[dict[str, Any]]:
        """The lines about `client`, as soon as there are `count`: a line is written after its answer is sent."""
        wait_until(lambda: len(self._lines(client)) >= count, f"{count} lines about {client}")
        return self._lines(client)

    def _lines(self, client: str) -> list[dict[str, Any]]:
        return [line for line in self.log() if line["client"] == client]

    def tls_context(self) -> ssl.SSLContext:
        """A context that trusts the CA in `trusted`, by default the self-signed certificate itself."""
        return ssl.create_default_context(cafile=str(self.trusted or self.home / "certificate" / "fullchain.pem"))

    def certificate_serial(self) -> str:
        """The serial number of the certificate in service, which must be one that is trusted."""
        plain = socket.create_connection(("127.0.0.1", self.https_port), timeout=30)
        with self.tls_context().wrap_socket(plain, server_hostname=NAME) as connection:
            certificate = connection.getpeercert()
        assert certificate
        return str(certificate["serialNumber"])

    def client(self, source: str, name: str = NAME, http2: bool = False, scheme: str = "https") -> httpx.Client:
        """A client that comes from the loopback address `source` and asks for `name`."""
        port = self.https_port if scheme == "https" else self.http_port
        transport = httpx.HTTPTransport(verify=self.tls_context(), http2=http2, local_address=source)
        client = httpx.Client(
            base_url=f"{scheme}://127.0.0.1:{port}", transport=transport, headers={"Host": name}, timeout=60
        )
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


def replace_directive(configuration: Path, old: str, new: str) -> None:
    """Replace one directive wherever it stands; raise LookupError when it stands nowhere."""
    files = [file for file in configuration.rglob("*.conf") if old in file.read_text()]
    if not files:
        raise LookupError(old)
    for file in files:
        file.write_text(file.read_text().replace(old, new))


@contextlib.contextmanager
def run_nginx(home: Path, *options: str, replacements: Mapping[str, str] | None = None) -> Iterator[Nginx]:
    """Render with `options` and serve; a certificate is created unless `home` holds one.

    `replacements` are directives and what to put in their place, such as shorter times, so that a test need not wait.
    """
    nginx = Nginx(home, free_port(), free_port())
    render(nginx, *options)
    for old, new in (replacements or {}).items():
        replace_directive(nginx.configuration.parent, old, new)
    if not (home / "certificate").exists():
        create_certificate(home / "certificate", NAME)
    command = [find_program("nginx"), "-c", str(nginx.configuration), "-g", "daemon off;"]
    with run_server(command, nginx.http_port, home / "nginx.log", seconds_to_stop=10):
        # Written when the last of its ports is open.
        wait_until((home / "nginx.pid").exists, "nginx")
        yield nginx


def upstream_options(ports: Iterable[int]) -> list[str]:
    """The options of `render` for app servers on loopback ports."""
    return [word for port in ports for word in ("--upstream", f"127.0.0.1:{port}")]

"""Certificates come from a CA over ACME, are renewed unnoticed and survive the loss of the host."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from devtools.dns import NameServer, run_name_server
from devtools.echo_server import EchoServer, upstreams
from devtools.nginx import NAME, Nginx, run_nginx
from devtools.processes import ROOT, free_port, is_listening, run_server, wait_until
from devtools.programs import find_program
from devtools.tls import create_certificate

SCRIPTS = ROOT / "nginx" / "certbot"


@dataclass
class Host:
    """A host with nginx and certbot, and the CA it orders from."""

    nginx: Nginx
    home: Path
    directory: str
    names: NameServer

    def environ(self) -> dict[str, str]:
        return os.environ | {
            "CERTIFICATES": str(self.home / "certificates"),
            "NGINX_CONFIGURATION": str(self.nginx.configuration),
            "ACME_DIR": str(self.home / "acme"),
            "REQUESTS_CA_BUNDLE": str(self.home / "api" / "fullchain.pem"),
            "CURL_HOME": str(self.home),
            "RENEWED_LINEAGE": str(self.home / "letsencrypt" / "live" / NAME),
        }

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, check=False, capture_output=True, text=True, env=self.environ())

    def certbot_options(self) -> list[str]:
        places = {"--config-dir": "letsencrypt", "--work-dir": "work", "--logs-dir": "logs"}
        return [word for option, place in places.items() for word in (option, str(self.home / place))]

    def issue(self, name: str = NAME) -> subprocess.CompletedProcess[str]:
        command = [str(SCRIPTS / "issue"), name, "owner@" + NAME, "--server", self.directory]
        return self.run(*command, *self.certbot_options())

    def renew(self, *options: str) -> subprocess.CompletedProcess[str]:
        return self.run("certbot", "renew", "--no-random-sleep-on-renew", *self.certbot_options(), *options)

    def in_service(self) -> str:
        return str((self.home / "certificates" / "current").readlink())

    def orders(self) -> int:
        return (self.home / "pebble.log").read_text().count("Added order")


@pytest.fixture
def host(home: Path, servers: list[EchoServer]) -> Iterator[Host]:
    for program in ("certbot", "pebble", "curl"):
        find_program(program)
    subprocess.run(
        [SCRIPTS / "placeholder", NAME], check=True, env=os.environ | {"CERTIFICATES": home / "certificates"}
    )
    options = ["--front", "instance", *upstreams(servers), "--certificate", str(home / "certificates" / "current")]
    with run_nginx(home, *options) as nginx, run_name_server("127.0.0.1") as names:
        # For curl alone: the name leads to this nginx.
        (home / ".curlrc").write_text(f'connect-to = "::127.0.0.1:{nginx.http_port}"\n')
        port, management = free_port(), free_port()
        quick = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"}
        command = ["pebble", "-config", str(pebble_settings(nginx, port, management)), "-dnsserver", names.server]
        with run_server(command, port, home / "pebble.log", environ=quick):
            wait_until(lambda: is_listening(management), "the CA's second port")
            nginx.trusted = home / "root.pem"
            nginx.trusted.write_text(root_certificate(home, management))
            yield Host(nginx, home, f"https://localhost:{port}/dir", names)


def pebble_settings(nginx: Nginx, port: int, management: int) -> Path:
    create_certificate(nginx.home / "api", "localhost")
    settings = {
        "listenAddress": f"127.0.0.1:{port}",
        "managementListenAddress": f"127.0.0.1:{management}",
        "certificate": str(nginx.home / "api" / "fullchain.pem"),
        "privateKey": str(nginx.home / "api" / "privkey.pem"),
        "httpPort": nginx.http_port,
        "tlsPort": nginx.https_port,
    }
    path = nginx.home / "pebble.json"
    path.write_text(json.dumps({"pebble": settings}))
    return path


def root_certificate(home: Path, management: int) -> str:
    trusted = ssl.create_default_context(cafile=str(home / "api" / "fullchain.pem"))
    return httpx.get(f"https://localhost:{management}/roots/0", verify=trusted).text


def test_nginx_starts_with_a_placeholder_and_takes_the_issued_certificate(host: Host) -> None:
    assert host.in_service() == "placeholder"
    issued = host.issue()
    assert issued.returncode == 0, issued.stderr
    wait_until(lambda: int(served(host), 16) == int(host.in_service(), 16), "the new certificate")


def served(host: Host) -> str:
    try:
        return host.nginx.certificate_serial()
    except OSError:
        return "0"


def test_a_placeholder_never_replaces_a_certificate(host: Host) -> None:
    host.issue()
    before = host.in_service()
    assert host.run(str(SCRIPTS / "placeholder"), NAME).returncode == 0
    assert host.in_service() == before != "placeholder"


def test_a_renewal_under_load_fails_no_request(host: Host) -> None:
    host.issue()
    before, stopped = host.in_service(), threading.Event()
    wait_until(lambda: served(host) != "0", "the first certificate")
    with ThreadPoolExecutor(4) as pool:
        visitors = [pool.submit(visit_until, stopped, host.nginx, f"127.230.{number}.7") for number in range(4)]
        renewed = host.renew("--force-renewal")
        wait_until(lambda: int(served(host), 16) == int(host.in_service(), 16), "the renewed certificate")
        stopped.set()
        serials = [visitor.result() for visitor in visitors]
    assert renewed.returncode == 0, renewed.stderr
    assert host.in_service() != before
    assert sum(serials) > 40


def visit_until(stopped: threading.Event, nginx: Nginx, address: str) -> int:
    """Ask from `address` over new connections; any answer but 200 ends the test."""
    count = 0
    while not stopped.wait(0.04):
        with nginx.client(address) as client:
            client.get("/", headers={"Cookie": "session=x"}).raise_for_status()
        count += 1
    return count


def test_a_certificate_that_is_not_due_is_not_ordered_again(host: Host) -> None:
    host.issue()
    orders = host.orders()
    assert orders == 1
    assert host.renew().returncode == 0
    assert host.orders() == orders


def test_a_new_host_serves_from_the_backup_without_a_new_order(host: Host) -> None:
    host.issue()
    before, orders = host.in_service(), host.orders()
    shutil.make_archive(str(host.home / "backup"), "tar", host.home / "letsencrypt")
    for lost in ("letsencrypt", "certificates"):
        shutil.rmtree(host.home / lost)
    host.run(str(SCRIPTS / "placeholder"), NAME)
    shutil.unpack_archive(host.home / "backup.tar", host.home / "letsencrypt", filter="tar")
    assert host.run(str(SCRIPTS / "deploy-hook")).returncode == 0
    wait_until(lambda: int(served(host), 16) == int(before, 16), "the restored certificate")
    assert host.orders() == orders


def test_a_name_that_does_not_lead_here_is_refused_before_anything_is_ordered(host: Host) -> None:
    refused = host.issue("other.test")
    assert refused.returncode == 1
    assert "issue: http://other.test/ does not lead to this nginx." in refused.stderr
    assert host.orders() == 0
    assert list((host.home / "acme" / ".well-known" / "acme-challenge").iterdir()) == []


def test_what_the_ca_cannot_reach_is_reported_with_the_name_and_the_reason(host: Host) -> None:
    host.names.addresses = ["127.99.0.1"]
    refused = host.issue()
    assert refused.returncode == 1
    assert f"Domain: {NAME}" in refused.stdout + refused.stderr
    assert "connection refused" in (refused.stdout + refused.stderr).lower()
    assert host.in_service() == "placeholder"


def test_a_certificate_nginx_refuses_does_not_go_into_service(host: Host) -> None:
    host.issue()
    before = host.in_service()
    create_certificate(host.home / "letsencrypt" / "live" / NAME, NAME)
    (host.home / "letsencrypt" / "live" / NAME / "privkey.pem").write_text("damaged")
    refused = host.run(str(SCRIPTS / "deploy-hook"))
    assert refused.returncode == 1
    assert "stays in service" in refused.stderr
    assert host.in_service() == before


def test_the_key_is_readable_by_root_alone(host: Host) -> None:
    host.issue()
    key = host.home / "certificates" / host.in_service() / "privkey.pem"
    assert key.stat().st_mode & 0o077 == 0


def test_only_the_certificate_before_is_kept_to_go_back_to(host: Host) -> None:
    host.issue()
    host.renew("--force-renewal")
    before = host.in_service()
    host.renew("--force-renewal")
    kept = {path.name for path in (host.home / "certificates").iterdir()}
    assert kept == {"current", before, host.in_service()}


def test_systemd_accepts_the_timer() -> None:
    units = [str(SCRIPTS / f"notes-certificate.{kind}") for kind in ("timer", "service")]
    verdict = subprocess.run(
        [find_program("systemd-analyze"), "verify", *units], check=False, capture_output=True, text=True
    )
    assert [line for line in verdict.stderr.splitlines() if "notes-certificate" in line] == []
    assert verdict.returncode == 0

"""Checkers that others wrote find nothing in the edge; each first finds a fault that was planted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from devtools.echo_server import EchoServer, upstreams
from devtools.nginx import NAME, Nginx, render, replace_directive, run_nginx
from devtools.processes import free_port
from devtools.programs import find_program

RENDERINGS = {
    "load balancer": ["--front", "load-balancer", "--upstream", "internal-lb.example:80"],
    "instance": ["--front", "instance", "--upstream", "127.0.0.1:5000"],
    "behind": ["--front", "instance", "--upstream", "127.0.0.1:5000", "--trusted-proxy", "10.0.0.0/16"],
}
# The test's own CA may be criticised: it publishes no revocation, and its certificates are short-lived.
ABOUT_THE_TEST_CA = {"cert_revocation", "cert_expirationStatus", "cert_notAfter", "DNS_CAArecord"}

# WARN is not among them: so it reports what this machine's OpenSSL cannot try.
WORSE_THAN_HARMLESS = {"LOW", "MEDIUM", "HIGH", "CRITICAL"}


def gixy(home: Path) -> list[str]:
    """Return the names of the checks that find something in the rendering in `home`."""
    # The skipped check wants a file cache for try_files, of which there is one stat of a missing file a request.
    command = [str(Path(sys.executable).with_name("gixy")), "--format", "json", "--skips", "try_files_is_evil_too"]
    verdict = subprocess.run([*command, home / "configuration" / "nginx.conf"], check=False, capture_output=True)
    return [finding["plugin"] for finding in json.loads(verdict.stdout)]


@pytest.mark.parametrize("options", RENDERINGS.values(), ids=RENDERINGS.keys())
def test_gixy_finds_nothing(home: Path, options: list[str]) -> None:
    render(Nginx(home, free_port(), free_port()), *options)
    assert gixy(home) == []


@pytest.mark.parametrize(
    ("plugin", "old", "new"),
    [
        ("http_splitting", "$request_uri;", "$uri;"),
        ("add_header_redefinition", "location / {", "location / { add_header X-Planted yes;"),
        ("version_disclosure", "server_tokens off;", "server_tokens on;"),
    ],
)
def test_gixy_finds_a_planted_fault(home: Path, plugin: str, old: str, new: str) -> None:
    render(Nginx(home, free_port(), free_port()), *RENDERINGS["instance"])
    replace_directive(home / "configuration", old, new)
    assert plugin in gixy(home)


def found_by_testssl(nginx: Nginx, *checks: str) -> dict[str, str]:
    """Return what testssl.sh holds to be worse than harmless: the finding of each check."""
    report = nginx.home / "testssl.json"
    trust = ["--add-ca", str(nginx.home / "certificate" / "fullchain.pem")]
    command = [
        find_program("testssl"),
        "--ip",
        "127.0.0.1",
        *trust,
        "--warnings",
        "off",
        "--jsonfile",
        str(report),
        *checks,
    ]
    subprocess.run([*command, f"{NAME}:{nginx.https_port}"], check=False, capture_output=True, cwd=nginx.home)
    found = json.loads(report.read_text())
    assert any(finding["severity"] == "OK" for finding in found), found
    return {each["id"]: each["finding"] for each in found if each["severity"] in WORSE_THAN_HARMLESS}


def test_testssl_criticises_the_test_ca_alone(nginx: Nginx) -> None:
    findings = found_by_testssl(nginx, "-p", "-s", "-f", "-S")
    assert {name: finding for name, finding in findings.items() if name not in ABOUT_THE_TEST_CA} == {}


def test_testssl_finds_a_planted_fault(home: Path, servers: list[EchoServer]) -> None:
    weaker = {"ssl_protocols TLSv1.2": "ssl_protocols TLSv1 TLSv1.2", "ssl_ciphers ": "ssl_ciphers ALL:@SECLEVEL=0:"}
    with run_nginx(home, "--front", "instance", *upstreams(servers), replacements=weaker) as nginx:
        assert "TLS1" in found_by_testssl(nginx, "-p")

"""The commands of the Makefile: a composition is left behind, entered by a shell and from loopback, and ended."""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from devtools.browsers import FLAGS
from devtools.processes import free_port
from rehearsal.commands import RUNNING
from rehearsal.in_host import browser_session

ROOT = Path(__file__).resolve().parents[2]
PORT = free_port()


def rehearse(*words: str) -> subprocess.CompletedProcess[str]:
    environ = os.environ | {"REHEARSAL_PORT": str(PORT)}
    command = [sys.executable, "-m", "rehearsal", *words]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def up(state: Path) -> Iterator[str]:
    """What the command printed."""
    done = rehearse("up", "--state", str(state))
    assert done.returncode == 0, done.stderr
    yield done.stdout
    ended = rehearse("down")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert not RUNNING.exists()


@pytest.mark.usefixtures("up")
def test_the_site_answers_on_loopback_with_its_certificate() -> None:
    trusted = ssl.create_default_context(cafile=str(RUNNING / "ca.pem"))
    plain = socket.create_connection(("127.0.0.1", PORT), 10)
    with trusted.wrap_socket(plain, server_hostname="notes.test") as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: notes.test\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")


def test_a_browser_of_this_machine_opens_the_printed_address_and_writes_a_note(
    up: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    browser_session.trust_authority(RUNNING / "ca.pem")
    rule, address = shlex.split(up.partition("chromium ")[2])[:2]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=[*FLAGS, rule])
        steps = browser_session.use_notes(browser.new_page(base_url=address), tmp_path)
        browser.close()
    assert steps[-1] == "It was found by a search."


@pytest.mark.usefixtures("up")
def test_a_shell_opens_in_a_host_that_sees_no_process_and_no_network_of_the_machine() -> None:
    said = rehearse(
        "shell", "--host", "bastion", "--run", "hostname; ls /proc/sys/net/ipv4/neigh; ps ax | grep -c [p]ytest"
    ).stdout
    assert said.split() == ["bastion-1", "eth0", "lo", "0"]


@pytest.mark.usefixtures("up")
@pytest.mark.parametrize("host", ["world", "igw", "app-1"])
def test_no_packet_finds_a_way_out(host: str) -> None:
    said = rehearse("shell", "--host", host, "--run", "curl -sm1 http://198.18.0.1/; echo $?").stdout
    assert said.strip() in {"7", "28"}

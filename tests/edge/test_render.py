"""render turns the sources into a configuration that nginx accepts, or says in one sentence why not."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from devtools.nginx import RENDER, Nginx, render
from devtools.processes import ROOT, free_port
from devtools.programs import find_program
from devtools.tls import create_certificate

RENDERINGS = {
    "the load balancer's front": ["--front", "load-balancer", "--upstream", "internal-lb.example:80"],
    "one of two hosts": ["--front", "load-balancer", "--upstream", "internal-lb.example:80", "--hosts", "two"],
    "two app servers": ["--front", "instance", "--upstream", "127.0.0.1:5000", "--upstream", "127.0.0.1:5001"],
    "behind a load balancer": [
        *["--front", "instance", "--upstream", "127.0.0.1:5000"],
        *["--trusted-proxy", "10.0.0.0/24", "--trusted-proxy", "10.0.1.0/24"],
    ],
    "behind a load balancer without a certificate": [
        *["--front", "instance", "--upstream", "127.0.0.1:5000", "--trusted-proxy", "10.0.0.0/24", "--scheme", "any"],
    ],
}
MISUSES = {
    "--front must be": ["--front", "cdn"],
    "--server-name cannot be": ["--server-name", "a;b"],
    "--upstream must be HOST:PORT": ["--front", "instance", "--server-name", "a", "--upstream", "b", "--out", "c"],
    "a load balancer is one": [
        *["--front", "load-balancer", "--server-name", "a", "--out", "c"],
        *["--upstream", "a:1", "--upstream", "b:1"],
    ],
    "--hosts must be": ["--front", "instance", "--hosts", "three"],
    "two hosts stand before": ["--front", "instance", "--hosts", "two"],
    "--scheme must be": ["--front", "instance", "--scheme", "http"],
    "is not known": ["--frnt", "instance"],
    "needs a value": ["--front"],
}


def judged(nginx: Nginx) -> subprocess.CompletedProcess[str]:
    command = [find_program("nginx"), "-t", "-c", str(nginx.configuration)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.mark.parametrize("options", RENDERINGS.values(), ids=RENDERINGS.keys())
def test_nginx_accepts_every_rendering_without_a_warning(home: Path, options: list[str]) -> None:
    nginx = Nginx(home, free_port(), free_port())
    create_certificate(home / "certificate", "notes.test")
    render(nginx, *options)
    verdict = judged(nginx)
    assert verdict.returncode == 0, verdict.stderr
    assert "[warn]" not in verdict.stderr


@pytest.mark.parametrize(
    "name",
    [
        "notes-of-the-department.paper-and-ink.example.org",
        "task-manager-1234567890.ap-southeast-1.elb.amazonaws.com",
        ".".join(["n" * 62] * 4),
    ],
)
def test_nginx_starts_under_names_as_long_as_they_get(home: Path, name: str) -> None:
    """At 47 characters it would not, by default; a host name has 253 at most."""
    nginx = Nginx(home, free_port(), free_port())
    create_certificate(home / "certificate", "notes.test")
    for options in RENDERINGS.values():
        render(nginx, *options, "--server-name", name)
        assert judged(nginx).returncode == 0, judged(nginx).stderr


COMMANDS = """
render() {{ {root}/nginx/render "$@" --out {home}/configuration --certificate {home}/certificates/current \\
  --http-port {http} --https-port {https} --state-dir {home}/state --log-dir {home}/log --pid {home}/nginx.pid; }}
nginx() {{ {nginx} -c {home}/configuration/nginx.conf "$@"; }}
systemctl() {{ echo "systemctl $*"; }}
"""


def test_the_commands_of_the_page_work_in_their_order_on_a_fresh_machine(home: Path) -> None:
    block = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "edge.md").read_text(), re.DOTALL)[0]
    functions = COMMANDS.format(root=ROOT, home=home, http=free_port(), https=free_port(), nginx=find_program("nginx"))
    script = f"set -e\n{functions}\n{block.replace('nginx/render', 'render')}"
    environ = os.environ | {"CERTIFICATES": str(home / "certificates")}
    run = subprocess.run(["bash", "-c", script], cwd=ROOT, env=environ, check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout == "systemctl reload nginx\n"


def test_nginx_refuses_a_rendering_with_a_planted_fault(home: Path) -> None:
    nginx = Nginx(home, free_port(), free_port())
    create_certificate(home / "certificate", "notes.test")
    render(nginx, *RENDERINGS["two app servers"])
    with (home / "configuration" / "http" / "limits.conf").open("a") as limits:
        limits.write("client_max_body_size lots;\n")
    assert judged(nginx).returncode != 0


@pytest.mark.parametrize("options", RENDERINGS.values(), ids=RENDERINGS.keys())
def test_a_rendering_leaves_no_name_to_fill_in(home: Path, options: list[str]) -> None:
    nginx = Nginx(home, free_port(), free_port())
    render(nginx, *options)
    files = list(nginx.configuration.parent.rglob("*.conf"))
    assert files
    assert [file for file in files if re.search(r"@[A-Z_]+@", file.read_text())] == []


@pytest.mark.parametrize(("complaint", "options"), MISUSES.items(), ids=MISUSES.keys())
def test_a_wrong_option_is_refused_in_one_sentence(complaint: str, options: list[str], tmp_path: Path) -> None:
    verdict = subprocess.run([RENDER, *options], check=False, capture_output=True, text=True, cwd=tmp_path)
    assert verdict.returncode == 2
    assert complaint in verdict.stderr
    assert verdict.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("directive", ["add_header", "proxy_set_header"])
def test_a_directive_that_would_drop_its_inherited_ones_stands_in_one_file(directive: str) -> None:
    sources = (ROOT / "nginx").rglob("*.conf")
    users = [source.name for source in sources if re.search(rf"^\s*{directive} ", source.read_text(), re.MULTILINE)]
    assert users == [{"add_header": "headers.conf", "proxy_set_header": "forwarding.conf"}[directive]]

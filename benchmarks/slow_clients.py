"""Do slow clients keep others waiting? slowhttptest holds 800 connections in three ways, healthy ones are timed.

    make bench BENCH=slow_clients        # as root: the target's name is put into a private /etc/hosts

Before that, the same against an nginx with few connections and long patience, which must fail: else the measure is
blind. Exits with 1 when a healthy request failed, or when their 99th percentile is above 100 ms and, should the machine
be busy with other things, above twice that of the same nginx without an attack.
"""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import sys
import time
from pathlib import Path

import httpx

from devtools.echo_server import run_echo_servers, upstreams
from devtools.nginx import NAME, Nginx, readable_directory, run_nginx
from devtools.programs import find_program

SECONDS = 30
MODES = {
    "slow headers": ["-H", "-i", "5"],
    "slow body": ["-B", "-i", "5", "-s", "8192"],
    "slow read": ["-X", "-w", "10", "-y", "20", "-n", "5", "-z", "5", "-k", "1"],
}
WEAK = {
    "worker_processes auto": "worker_processes 1",
    "worker_connections 4096": "worker_connections 300",
    "client_header_timeout 10s": "client_header_timeout 300s",
}
# A private /etc/hosts: the program takes the Host header from the URL alone.
ATTACK = 'mount --bind "$0" /etc/hosts && exec "$@"'


def without_name(home: Path) -> dict[str, str]:
    """The change that lets slowhttptest in: it names nobody in its handshakes, which nginx would end at once."""
    files = f"ssl_certificate {home}/certificate/fullchain.pem; ssl_certificate_key {home}/certificate/privkey.pem"
    return {"ssl_reject_handshake on": files}


def attack(nginx: Nginx, mode: list[str]) -> subprocess.Popen[bytes]:
    hosts = nginx.home / "hosts"
    hosts.write_text(f"127.0.0.1 localhost {NAME}\n")
    url = f"https://{NAME}:{nginx.https_port}/?bytes=200000"
    command = [find_program("slowhttptest"), *mode, "-c", "800", "-r", "200", "-l", str(SECONDS), "-u", url, "-v", "1"]
    return subprocess.Popen(
        [find_program("unshare"), "--mount", "sh", "-c", ATTACK, str(hosts), *command], stdout=subprocess.DEVNULL
    )


def healthy(nginx: Nginx, seconds: float) -> tuple[list[float], int]:
    """Ask over a new connection each time; return the seconds of each answer and how many failed."""
    took, failed, end, number = [], 0, time.monotonic() + seconds, 0
    while time.monotonic() < end:
        number += 1
        with nginx.client(f"127.52.{number % 200}.1") as client:
            started = time.perf_counter()  # not before: a client spends longer on reading certificates than on asking
            try:
                failed += client.get("/", timeout=5).status_code != 200
            except httpx.HTTPError:
                failed += 1
            took.append(time.perf_counter() - started)
        time.sleep(0.02)
    return took, failed


def measure(title: str, mode: list[str], weaker: dict[str, str] | None = None) -> bool:
    """Print what healthy clients saw during the attack; return whether they were served well."""
    with contextlib.ExitStack() as stack:
        home = stack.enter_context(readable_directory())
        options = ["--front", "instance", *upstreams(stack.enter_context(run_echo_servers(home)))]
        nginx = stack.enter_context(run_nginx(home, *options, replacements=without_name(home) | (weaker or {})))
        calm, _ = healthy(nginx, 8)
        attacker = attack(nginx, mode)
        time.sleep(5)  # until all 800 are connected
        took, failed = healthy(nginx, SECONDS - 8)
        attacker.terminate()
        attacker.wait()
        held = len([line for line in nginx.log() if line["client"] == "127.0.0.1"])
    attacked, usual = percentile(took), percentile(calm)
    ratio = statistics.median(took) / statistics.median(calm)
    print(
        f"{title}: {len(took)} healthy requests, {failed} failed; the attack left {held} lines in the log", flush=True
    )
    print(
        f"  p99 {attacked * 1000:.0f} ms (calm: {usual * 1000:.0f} ms), median {ratio:.1f} times the calm one",
        flush=True,
    )
    return failed == 0 and attacked <= max(0.1, 2 * usual)


def percentile(seconds: list[float]) -> float:
    return sorted(seconds)[len(seconds) * 99 // 100]


if __name__ == "__main__":
    if measure("a weak nginx, slow headers", MODES["slow headers"], WEAK):
        sys.exit("A weak nginx was not found out: this measures nothing.")
    verdicts = [measure(title, mode) for title, mode in MODES.items()]
    sys.exit(0 if all(verdicts) else 1)

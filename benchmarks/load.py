"""Starts gunicorn with one worker, and drives it with wrk (a Debian package)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config import ROOT
from devtools.processes import answers_http, free_port, run_server

SECONDS_TO_START = 300  # the original application first writes its entries
CONNECTIONS = 4  # enough that the worker never waits for the client
KEY = "0123456789abcdef" * 4  # signs cookies of made-up people on a loopback address


@dataclass(frozen=True, slots=True)
class Worker:
    """A running gunicorn; `pid` is that of the one process that answers, `server` that of its database, if any."""

    url: str
    pid: int
    server: int | None = None

    def busy(self) -> float:
        """Return the seconds of processor time that worker and database have used so far."""
        return sum(busy(pid) for pid in (self.pid, self.server) if pid)

    def own_memory(self) -> int:
        return own_memory(self.pid)


def own_memory(pid: int) -> int:
    """Return the KiB that belong to a process itself, without pages of the database file that it maps."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.findall(r"RssAnon:\s+(\d+) kB", status)[0])


def busy(pid: int) -> float:
    """Return the seconds of processor time of a process and of the programs that it has started and that have ended."""
    # The first number is what a thread has run, in nanoseconds.
    threads = sum(int(thread.read_text().split()[0]) for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    return threads / 1e9 + _busy_children(pid)


def _busy_children(pid: int) -> float:
    """Return the seconds of programs that the process has started, and that have ended."""
    # The name of the program stands in brackets and may hold anything; see proc(5) for what follows.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def gunicorn(entry: str, environ: Mapping[str, str], threads: int = 1, server: int | None = None) -> Iterator[Worker]:
    """Run `entry` as the project's gunicorn.conf.py says, with one worker: sync, or gthread with several threads."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    ours = {
        "APP_ENV": "production",
        "SECRET_KEY": KEY,
        "BIND": "127.0.0.1",
        "PORT": str(port),
        "WEB_CONCURRENCY": "1",
        "WEB_THREADS": str(threads),
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "gunicorn", "--log-level", "warning", entry]
    with run_server(
        command,
        port,
        is_ready=lambda: answers_http(f"{url}/", timeout=60),
        seconds=SECONDS_TO_START,
        environ={**ours, **environ},
    ) as process:
        yield Worker(url, child(process.pid), server)


def child(pid: int) -> int:
    """Return the one worker of a gunicorn."""
    return children(pid)[0]


def children(pid: int) -> list[int]:
    return [int(number) for number in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@dataclass(frozen=True, slots=True)
class Rate:
    """Requests a second, by the clock and by the processor time of worker and database."""

    clock: float
    processor: float
    requests: int


def wrk(
    worker: Worker,
    path: str,
    seconds: int,
    cookie: str = "",
    *,
    script: Path | None = None,
    connections: int = CONNECTIONS,
) -> Rate:
    """Load `path` for some seconds. Raises RuntimeError when an answer was an error."""
    command = ["wrk", "--threads", "1", "--connections", str(connections), "--duration", str(seconds)]
    command += ["--timeout", "60", *(["--header", f"Cookie: {cookie}"] if cookie else [])]
    command += ["--script", str(script)] if script else []
    before = worker.busy()
    printed = subprocess.run([*command, worker.url + path], check=True, capture_output=True, text=True).stdout
    busy = worker.busy() - before
    if "Non-2xx" in printed or re.search(r"Socket errors: .*(connect|read|write|timeout) [1-9]", printed):
        raise RuntimeError(f"{path} was answered with errors:\n{printed}")
    requests = int(re.findall(r"(\d+) requests in", printed)[0])
    if not requests:
        raise RuntimeError(f"{path} was not answered within {seconds} seconds.")
    return Rate(float(re.findall(r"Requests/sec:\s+([\d.]+)", printed)[0]), requests / busy, requests)

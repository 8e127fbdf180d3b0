"""Server processes on loopback ports: a free port, starting, waiting until they are ready, ending."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# util-linux's setpriv lets the kernel end a server whose starter was killed, so that a killed test run leaves nothing.
# It is the thread that counts: one that starts servers lives as long as they do.
ENDS_WITH_PARENT = ["setpriv", "--pdeathsig", "TERM", "--"] if shutil.which("setpriv") else []

CRASHES = {-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS, -signal.SIGILL, -signal.SIGFPE}
"""How a server ends that has a fault of its own; the tests end theirs by other signals."""


def free_port() -> int:
    """Return a free port, below those the kernel hands out by itself."""
    while True:
        port = random.SystemRandom().randrange(12000, 32000)
        with contextlib.closing(socket.socket()) as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Return as soon as `condition()` holds; raise TimeoutError naming `what` when it does not in `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.02)


def is_listening(port: int, address: str = "127.0.0.1") -> bool:
    with contextlib.closing(socket.socket()) as probe:
        return probe.connect_ex((address, port)) == 0


def answers_http(url: str, timeout: float = 2) -> bool:
    """Whether `url` is answered, with whatever status, within `timeout` seconds."""
    try:
        urllib.request.urlopen(url, timeout=timeout).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


@contextlib.contextmanager
def run_server(
    command: Sequence[str | Path],
    port: int,
    log: Path | None = None,
    *,
    address: str = "127.0.0.1",
    is_ready: Callable[[], bool] | None = None,
    seconds: float = 120,
    seconds_to_stop: float = 30,
    environ: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` until the block ends, by default in the repository's root.

    It is ready when `is_ready()` holds; by default, when `port` accepts connections. What it prints is appended to
    `log`. Raises RuntimeError with the end of its output when it ends or is not ready within `seconds`, which are many:
    the machine may be busy with other things; and after the block when it had crashed.
    """
    is_ready = is_ready or (lambda: is_listening(port, address))
    with log.open("a+b") if log else tempfile.TemporaryFile() as output:
        environment = os.environ | dict(environ or {})
        process = subprocess.Popen(
            [*ENDS_WITH_PARENT, *command], stdout=output, stderr=output, env=environment, cwd=cwd
        )
        try:
            _wait_until_ready(process, os.fsdecode(command[0]), is_ready, seconds, output.fileno())
            yield process
        finally:
            stop(process, seconds_to_stop)
        if process.returncode in CRASHES:
            raise RuntimeError(f"{command[0]} crashed ({-process.returncode}):\n{_last_lines(output.fileno(), 16_000)}")


def _wait_until_ready(
    process: subprocess.Popen[bytes], program: str, is_ready: Callable[[], bool], seconds: float, output: int
) -> None:
    with contextlib.suppress(TimeoutError):
        wait_until(lambda: process.poll() is not None or is_ready(), program, seconds)
        if process.poll() is None:
            return
    state = "is not ready" if process.poll() is None else f"ended with {process.returncode}"
    raise RuntimeError(f"{program} {state}:\n{_last_lines(output)}")


def _last_lines(output: int, most: int = 3_000) -> str:
    # By its position: the process shares the offset of the file.
    size = os.fstat(output).st_size
    return os.pread(output, most, max(0, size - most)).decode(errors="replace")


def stop(process: subprocess.Popen[bytes], seconds: float = 30) -> None:
    """Ask the process to end, and kill it when it has not in `seconds`."""
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

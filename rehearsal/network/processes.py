"""Programs that run in hosts: waiting until they listen, ending them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from devtools.processes import wait_until
from rehearsal.network.namespaces import Namespace

SECONDS_TO_LISTEN = 120  # on a machine that is busy with other things; a program that ended is noticed at once


def wait_until_listening(host: Namespace, port: int, process: subprocess.Popen[bytes]) -> None:
    """Return when the host listens on the port; raise RuntimeError when its program ended instead."""
    entry = re.compile(rf":{port:04X} 0+:0000 0A")

    def up() -> bool:
        if process.poll() is not None:
            raise RuntimeError(f"{host.name}: {process.args!r} ended with {process.returncode}")
        return any(entry.search(Path(f"/proc/{host.init}/net/{kind}").read_text()) for kind in ("tcp", "tcp6"))

    wait_until(up, f"{host.name} to listen on {port}", SECONDS_TO_LISTEN)


def pids_in_host(process: subprocess.Popen[bytes]) -> list[int]:
    """What runs in the host: nsenter itself stays outside and forwards no signal."""
    with suppress(FileNotFoundError):
        return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
    return []


def stop(process: subprocess.Popen[bytes], with_signal: int = signal.SIGTERM, seconds: float = 30) -> None:
    for pid in pids_in_host(process):
        os.kill(pid, with_signal)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        for pid in pids_in_host(process):
            os.kill(pid, signal.SIGKILL)
        process.wait()

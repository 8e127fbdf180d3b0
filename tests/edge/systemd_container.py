"""Container in which systemd is the first process, as on a host of its own."""

from __future__ import annotations

import subprocess

from edge.images import run

PODMAN = ["podman", "--cgroup-manager=cgroupfs"]
OPTIONS = [
    *("--systemd=always", "--privileged", "--cgroup-manager=cgroupfs"),
    *("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"),
]


class Container:
    def __init__(self, name: str) -> None:
        self.name = name

    def shell(self, script: str, given: str = "") -> str:
        return run(*PODMAN, "exec", "--interactive", self.name, "bash", "-euc", script, given=given)

    def state(self) -> str:
        """systemd's word for the whole host: starting, running, degraded (a unit failed), stopping ..."""
        asked = [*PODMAN, "exec", self.name, "systemctl", "is-system-running"]
        return subprocess.run(asked, check=False, capture_output=True, text=True).stdout.strip()

    def is_running(self) -> bool:
        return self.state() in {"running", "degraded"}

    def remove(self) -> None:
        run("podman", "rm", "--force", "--time=5", self.name)

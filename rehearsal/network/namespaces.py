"""Hosts as Linux namespaces: each has a network, mounts, process ids and a name of its own; bridges connect them."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from devtools.processes import ROOT

# /etc is a copy that leaves out what it may not read; the keys of this machine's own sshd stay where they are.
PRIVATE = """
set -e
mount -t tmpfs -o mode=755 tmpfs "$HOME_OF_HOST"
mkdir "$HOME_OF_HOST/etc"
tar -C /etc --exclude './ssh/ssh_host_*' --exclude './shadow*' --exclude './gshadow*' --ignore-failed-read \
    -cf - . 2>/dev/null | tar -C "$HOME_OF_HOST/etc" -xf - --no-same-owner 2>/dev/null || true
touch "$HOME_OF_HOST/etc/shadow" "$HOME_OF_HOST/etc/gshadow"
mount --bind "$HOME_OF_HOST/etc" /etc
exec 9<"$KEPT"
for place in /run /var /srv /tmp; do mount -t tmpfs -o mode=755 tmpfs "$place"; done
chmod 1777 /tmp
# This checkout may lie below one of these places, and the host's own files in it: only the open directory leads there.
[ -e "$KEPT" ] || { mkdir -p "$KEPT"; mount --no-canonicalize --rbind /proc/self/fd/9 "$KEPT"; }
exec 9<&-
mkdir -p /var/log /var/lib /var/www /var/tmp /run/lock
rm -f /etc/resolv.conf && echo "nameserver $RESOLVER_OF_HOST" > /etc/resolv.conf
hostname "$NAME_OF_HOST"
ip link set lo up
echo ready
exec sleep infinity
"""


def run(*command: object, **options: Any) -> str:
    """Run to its end; what it says on both channels stands in the error when it fails."""
    done = subprocess.run([str(word) for word in command], check=False, capture_output=True, text=True, **options)
    if done.returncode:
        raise RuntimeError(
            f"{shlex.join(map(str, command))}: {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        )
    return str(done.stdout)


@dataclass
class Namespace:
    """A running host. Its first process is `init`: when it ends, everything in the host ends with it."""

    name: str
    home: Path
    init: int
    holder: subprocess.Popen[str] = field(repr=False)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list, repr=False)

    @property
    def files(self) -> Path:
        """The top of the host's own mounts, seen from outside."""
        return Path("/proc", str(self.init), "root")

    def inside(self, *command: object) -> list[str]:
        into = ["nsenter", "-t", str(self.init), "-n", "-m", "-u", "-p", f"--wdns={ROOT}"]
        return [*into, *map(str, command)]

    def run(self, *command: object, **options: Any) -> str:
        return run(*self.inside(*command), **options)

    def start(
        self, *command: object, log: str, environ: Mapping[str, str] | None = None, pass_fds: Sequence[int] = ()
    ) -> subprocess.Popen[bytes]:
        with (self.home / f"{log}.log").open("ab") as output:
            process = subprocess.Popen(
                self.inside(*command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environ,
                pass_fds=pass_fds,
            )
        self.processes.append(process)
        return process

    def run_json(self, *command: object, question: Any, **options: Any) -> Any:
        """Run a program that reads JSON and answers with JSON."""
        return json.loads(self.run(*command, input=json.dumps(question), **options))

    def write(self, path: str, text: str) -> None:
        self.run("sh", "-c", 'mkdir -p "$(dirname "$1")" && cat > "$1"', "write", path, input=text)

    def log(self, name: str) -> str:
        return (self.home / f"{name}.log").read_text(errors="replace")

    def stop(self) -> None:
        """End the host, and with its first process all others. One that has ended already stays so."""
        self.holder.kill()
        self.holder.wait()
        if self.holder.stdout:
            self.holder.stdout.close()
        for process in self.processes:
            process.wait()


def create_namespace(name: str, home: Path, resolver: IPv4Address) -> Namespace:
    """Create a host that is not connected to anything."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "root").mkdir(exist_ok=True)
    command = ["unshare", "--net", "--mount", "--uts", "--pid", "--fork", "--mount-proc", "--kill-child"]
    environ = os.environ | {"NAME_OF_HOST": name, "HOME_OF_HOST": str(home / "root"), "KEPT": str(ROOT)}
    environ["RESOLVER_OF_HOST"] = str(resolver)
    holder = subprocess.Popen([*command, "sh", "-c", PRIVATE], stdout=subprocess.PIPE, text=True, env=environ)
    assert holder.stdout
    if holder.stdout.readline().strip() != "ready":
        raise RuntimeError(f"host {name} could not be created")
    children = Path(f"/proc/{holder.pid}/task/{holder.pid}/children").read_text().split()
    return Namespace(name, home, int(children[0]), holder)


def create_bridge(name: str) -> None:
    run("ip", "link", "add", name, "type", "bridge")
    run("ip", "link", "set", name, "up")


def connect(host: Namespace, interface: str, to: str, addresses: Sequence[str]) -> None:
    """Connect the host to a bridge."""
    # The outer end is named after the inner one's index, because names of interfaces are short.
    run("ip", "link", "add", "new", "type", "veth", "peer", "name", interface, "netns", str(host.init))
    index = json.loads(run("ip", "-j", "link", "show", "new"))[0]["ifindex"]
    run("ip", "link", "set", "new", "name", f"v{index}", "master", to, "up")
    host.run("ip", "link", "set", interface, "up")
    for address in addresses:
        host.run("ip", "address", "add", address, "dev", interface)


def load_rules(host: Namespace, rules: str) -> None:
    host.run("nft", "-f", "-", input=rules)

"""Load balancer where AWS's would be: one haproxy in each of its subnets, with the same targets."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path

from jinja2 import StrictUndefined, Template

from rehearsal.model.state import State
from rehearsal.model.topology import Host
from rehearsal.network.dns import NameServers
from rehearsal.network.network import Network
from rehearsal.network.processes import wait_until_listening

SLOTS = 12
BACKENDS = ("targets", "registered")  # the same servers: those that are healthy, and all of them
SETTINGS = Template(
    Path(__file__).with_name("haproxy.cfg").read_text(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


class LoadBalancer:
    """`aliases` are names that lead to its own name; `certificate` holds the key, too, where it ends TLS."""

    def __init__(
        self, network: Network, names: NameServers, state: State, *, aliases: Sequence[str] = (), certificate: str = ""
    ) -> None:
        self.network, self.slots = network, dict[str, int]()
        balancer, group, listeners = state.one("aws_lb"), state.one("aws_lb_target_group"), state.listeners()
        self.listener = next(listener["port"] for listener in listeners if not listener["redirect"])
        settings = SETTINGS.render(
            idle=balancer["idle_timeout"],
            listeners=listeners,
            port=group["port"],
            check=group["health_check"][0],
            slots=SLOTS,
        )
        for host in network.topology.of("balancer"):
            inside = network[host.name]
            inside.write("/etc/haproxy/certificate.pem", certificate)
            inside.write("/etc/haproxy/haproxy.cfg", settings)
            process = inside.start("haproxy", "-db", "-f", "/etc/haproxy/haproxy.cfg", log="haproxy")
            wait_until_listening(inside, self.listener, process)
        self.names, self.known = names, [balancer["dns_name"], *aliases]
        self.internal = balancer["internal"]
        self.restore()

    def restore(self) -> None:
        """The name leads to every address again."""
        self._point(self.network.topology.of("balancer"))

    def withdraw(self, host: Host) -> None:
        """The name leads no longer to an address that does not answer."""
        self._point([other for other in self.network.topology.of("balancer") if other != host])

    def _point(self, hosts: Sequence[Host]) -> None:
        addresses = [host.address if self.internal else host.public for host in hosts]
        for name in self.known:
            self.names.point(name, [address for address in addresses if address])

    def register(self, task: Host) -> None:
        slot = next(n for n in range(1, SLOTS + 1) if n not in self.slots.values())
        self.slots[task.name] = slot
        for backend in BACKENDS:
            server = f"{backend}/target{slot}"
            self._command(f"set server {server} addr {task.address}; set server {server} state ready")
        # haproxy lets a server that is merely "ready" fall at its first failure; AWS has seen the check pass before.
        self._command(f"set server targets/target{slot} health up")

    def drain(self, task: str) -> None:
        """Send it nothing new."""
        self._set_state(self.slots[task], "drain")

    def deregister(self, task: str) -> None:
        self._set_state(self.slots.pop(task), "maint")

    def targets(self) -> dict[str, dict[str, str]]:
        """What each of the load balancer's addresses thinks of each task."""
        found: dict[str, dict[str, str]] = {}
        for host in self.network.topology.of("balancer"):
            lines = self._send(host.name, "show stat").splitlines()
            table = [
                dict(zip(lines[0].removeprefix("# ").split(","), line.split(","), strict=False)) for line in lines[1:]
            ]
            by_slot = {row["svname"]: row for row in table if row["pxname"] == "targets"}
            for task, slot in self.slots.items():
                row = by_slot[f"target{slot}"]
                found.setdefault(task, {})[host.name] = f"{row['status']} {row['check_status']}".strip()
        return found

    def _set_state(self, slot: int, state: str) -> None:
        for backend in BACKENDS:
            self._command(f"set server {backend}/target{slot} state {state}")

    def _command(self, command: str) -> None:
        for host in self.network.topology.of("balancer"):
            answer = self._send(host.name, command).strip()
            if answer and "changed" not in answer and "no need" not in answer:
                raise RuntimeError(f"haproxy: {answer}")

    def _send(self, host: str, command: str) -> str:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.network[host].files / "run" / "haproxy.sock"))
            connection.sendall(f"{command}\n".encode())
            return b"".join(iter(lambda: connection.recv(65536), b"")).decode()

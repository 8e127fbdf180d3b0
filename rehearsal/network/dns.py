"""DNS: one list of names and addresses, served in the VPC and in the internet by dnsmasq."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterable
from ipaddress import IPv4Address
from pathlib import Path

from rehearsal.network.network import OUTSIDE, Network
from rehearsal.network.packet_rules import RESOLVER
from rehearsal.network.processes import pids_in_host, wait_until_listening


class NameServers:
    """Two servers of the same names; `point` changes where a name leads."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.addresses: dict[str, dict[str, list[IPv4Address]]] = {"router": {}, "resolver": {}}
        addresses = {"router": RESOLVER, "resolver": OUTSIDE["resolver"]}
        self.servers = {host: self._serve(host, addresses[host]) for host in self.addresses}

    def _file(self, host: str) -> Path:
        return self.network.home / f"names-{host}"

    def _serve(self, host: str, address: IPv4Address) -> subprocess.Popen[bytes]:
        self._file(host).write_text("")
        # A short life for answers: RDS gives its names five seconds.
        command = [
            "dnsmasq",
            "--no-daemon",
            "--no-resolv",
            "--no-hosts",
            f"--addn-hosts={self._file(host)}",
            "--local=/#/",
        ]
        command += ["--user=root", "--local-ttl=5", "--bind-interfaces", f"--listen-address={address}", "--pid-file="]
        process = self.network[host].start(*command, log="dnsmasq")
        wait_until_listening(self.network[host], 53, process)
        return process

    def point(self, name: str, to: Iterable[IPv4Address]) -> None:
        found = list(to)
        for host in self.servers:
            self._point(host, name, found)

    def point_outside(self, name: str, to: Iterable[IPv4Address]) -> None:
        """In the internet only, where the authority of certificates asks."""
        self._point("resolver", name, list(to))

    def _point(self, host: str, name: str, to: list[IPv4Address]) -> None:
        self.addresses[host][name] = to
        lines = [f"{address} {known}\n" for known, found in self.addresses[host].items() for address in found]
        self._file(host).write_text("".join(lines))
        for pid in pids_in_host(self.servers[host]):
            os.kill(pid, signal.SIGHUP)

"""DNS: one list of names and addresses, served in the VPC and in the internet by dnsmasq."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterable
from ipaddress import IPv4Address

from rehearsal.network.network import OUTSIDE, Network
from rehearsal.network.packet_rules import RESOLVER
from rehearsal.network.processes import pids_in_host, wait_until_listening


class NameServers:
    """Two servers of the same names; `point` changes where a name leads."""

    def __init__(self, network: Network) -> None:
        self.network, self.addresses = network, dict[str, list[IPv4Address]]()
        self.file = network.home / "names"
        self.file.write_text("")
        self.servers: list[subprocess.Popen[bytes]] = []
        for host, address in (("router", RESOLVER), ("resolver", OUTSIDE["resolver"])):
            self.servers.append(self._serve(host, address))

    def _serve(self, host: str, address: IPv4Address) -> subprocess.Popen[bytes]:
        # A short life for answers: RDS gives its names five seconds.
        command = ["dnsmasq", "--no-daemon", "--no-resolv", "--no-hosts", f"--addn-hosts={self.file}", "--local=/#/"]
        command += ["--user=root", "--local-ttl=5", "--bind-interfaces", f"--listen-address={address}", "--pid-file="]
        process = self.network[host].start(*command, log="dnsmasq")
        wait_until_listening(self.network[host], 53, process)
        return process

    def point(self, name: str, to: Iterable[IPv4Address]) -> None:
        self.addresses[name] = list(to)
        lines = [f"{address} {known}\n" for known, found in self.addresses.items() for address in found]
        self.file.write_text("".join(lines))
        for server in self.servers:
            for pid in pids_in_host(server):
                os.kill(pid, signal.SIGHUP)

"""VPC endpoints: what arrives at an interface endpoint goes on to AWS, but not by the internet."""

from __future__ import annotations

from rehearsal.model.state import State
from rehearsal.network.dns import NameServers
from rehearsal.network.namespaces import connect
from rehearsal.network.network import BACKBONE, OUTSIDE, Network
from rehearsal.network.processes import wait_until_listening

FORWARDING = """
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen endpoint
  bind :443
  server aws 169.254.101.2:443
"""


def start_vpc_endpoints(network: Network, names: NameServers, state: State) -> None:
    """Start them, and let their services' names lead there in the VPC, as private DNS does."""
    hosts = iter(network.topology.of("endpoints"))
    for service, count in state.interface_endpoints():
        endpoints = [next(hosts) for _ in range(count)]
        name = f"{service}.{state.region}.amazonaws.com"
        # That lead is the VPC's alone: AWS itself goes on by its own address.
        network["aws"].run("sh", "-c", f"echo '{OUTSIDE['aws']} {name}' >> /etc/hosts")
        names.point(name, [endpoint.address for endpoint in endpoints])
        for endpoint in endpoints:
            inside, number = network[endpoint.name], endpoint.name.rpartition("-")[-1]
            connect(inside, "backbone", BACKBONE, [f"169.254.101.{10 + int(number)}/24"])
            inside.write("/etc/haproxy/haproxy.cfg", FORWARDING)
            process = inside.start("haproxy", "-db", "-f", "/etc/haproxy/haproxy.cfg", log="haproxy")
            wait_until_listening(inside, 443, process)

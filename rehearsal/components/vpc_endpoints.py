"""Private doors to AWS: what arrives at an interface endpoint goes on to AWS, but not by the internet."""

from __future__ import annotations

from rehearsal.model.state import State
from rehearsal.network.dns import Names
from rehearsal.network.namespaces import cable
from rehearsal.network.network import BACKBONE, OUTSIDE, Network
from rehearsal.network.processes import listening

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


def endpoints(network: Network, names: Names, state: State) -> None:
    """Serve them, and let their services' names lead there in the VPC, as private DNS does."""
    hosts = iter(network.world.of("endpoints"))
    for service, count in state.endpoints():
        doors = [next(hosts) for _ in range(count)]
        name = f"{service}.{state.region}.amazonaws.com"
        # That lead is the VPC's alone: AWS itself goes on by its own address.
        network["aws"].run("sh", "-c", f"echo '{OUTSIDE['aws']} {name}' >> /etc/hosts")
        names.lead(name, [door.address for door in doors])
        for door in doors:
            inside, number = network[door.name], door.name.rpartition("-")[-1]
            cable(inside, "backbone", BACKBONE, [f"169.254.101.{10 + int(number)}/24"])
            inside.write("/etc/haproxy/haproxy.cfg", FORWARDING)
            listening(inside, 443, inside.start("haproxy", "-db", "-f", "/etc/haproxy/haproxy.cfg", log="haproxy"))

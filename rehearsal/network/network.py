"""Network of a composition: from its topology to running hosts with connections, routes and packet rules."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path

from rehearsal.model.topology import Host, Topology
from rehearsal.network import packet_rules
from rehearsal.network.namespaces import Namespace, connect, create_bridge, create_namespace, load_rules, run

INTERNET, LINK, BACKBONE, STORAGE = "internet", "gateway", "backbone", "storage"
ROUTER_SIDE, GATEWAY_SIDE = IPv4Address("169.254.100.1"), IPv4Address("169.254.100.2")

# Who is in the internet, by addresses that are reserved for documentation: "world" is anybody. "admin" is the operator.
OUTSIDE = {
    "world": IPv4Address("198.51.100.10"),
    "acme": IPv4Address("198.51.100.80"),
    "resolver": IPv4Address("198.51.100.53"),
    "aws": IPv4Address("192.0.2.10"),
    "cloudfront": IPv4Address("192.0.2.40"),
}
FORWARD = (
    "sysctl",
    "-qw",
    "net.ipv4.ip_forward=1",
    "net.ipv4.conf.all.rp_filter=0",
    "net.ipv4.conf.default.rp_filter=0",
)


@dataclass
class Network:
    topology: Topology
    home: Path
    operator: IPv4Address
    hosts: dict[str, Namespace] = field(default_factory=dict)
    storage: dict[str, str] = field(default_factory=dict)  # database => its address where databases copy each other

    def __getitem__(self, name: str) -> Namespace:
        return self.hosts[name]

    @property
    def outside(self) -> dict[str, IPv4Address]:
        return OUTSIDE | {"admin": self.operator}

    def build(self) -> None:
        names = ["router", "igw", *self.outside, *self.topology.nats, *self.topology.hosts]
        with ThreadPoolExecutor(4) as pool:
            self.hosts |= {created.name: created for created in pool.map(self._namespace, names)}
        for name in (INTERNET, LINK, BACKBONE, STORAGE, *self.topology.subnets):
            create_bridge(short(name))
        self._router()
        self._internet()
        for nat in self.topology.nats.values():
            self._connect(nat)
            self[nat.name].run(*FORWARD)
            load_rules(self[nat.name], packet_rules.nat_gateway())
        for host in self.topology.hosts.values():
            self._connect(host)
        for number, host in enumerate(self.topology.of("database"), start=1):
            self.storage[host.name] = f"169.254.50.{number}"
            connect(self[host.name], "storage", STORAGE, [f"{self.storage[host.name]}/24"])
        self.refresh()

    def add(self, host: Host) -> Namespace:
        """Create the host that was added to the topology, and let the others know it."""
        self.hosts[host.name] = self._namespace(host.name)
        self._connect(host)
        self.refresh()
        return self.hosts[host.name]

    def remove(self, name: str) -> None:
        del self.topology.hosts[name]
        self.hosts.pop(name).stop()
        self.refresh()

    def refresh(self) -> None:
        """Put the topology's groups and public addresses in force."""
        for host in self.topology.hosts.values():
            load_rules(self[host.name], packet_rules.security_groups(self.topology, host))
        public = {
            host.public: host.address
            for host in [*self.topology.hosts.values(), *self.topology.nats.values()]
            if host.public
        }
        for address in public:
            self["igw"].run("ip", "address", "replace", f"{address}/32", "dev", "internet")
        load_rules(self["igw"], packet_rules.internet_gateway(public))

    def set_zone(self, zone: str, state: str) -> None:
        """Turn the connections of a zone "down" or "up"."""
        for subnet in self.topology.subnets.values():
            if subnet.zone == zone:
                run("ip", "link", "set", short(subnet.id), state)
        for host in self.topology.of("database"):
            if self.topology.zone(host) == zone:
                self[host.name].run("ip", "link", "set", "storage", state)

    def _namespace(self, name: str) -> Namespace:
        resolver = OUTSIDE["resolver"] if name in self.outside else packet_rules.RESOLVER
        return create_namespace(name, self.home / name, resolver)

    def _router(self) -> None:
        router = self["router"]
        router.run(*FORWARD)
        router.run("ip", "address", "add", f"{packet_rules.RESOLVER}/32", "dev", "lo")
        connect(router, "igw", LINK, [f"{ROUTER_SIDE}/30"])
        connect(router, "backbone", BACKBONE, ["169.254.101.1/24"])
        load_rules(router, packet_rules.SILENT)
        router.run("ip", "route", "add", "unreachable", str(self.topology.network))
        router.run("ip", "rule", "add", "pref", "50", "to", str(self.topology.network), "lookup", "main")
        numbered = list(enumerate(self.topology.subnets.values(), start=100))
        for number, subnet in numbered:
            connect(router, f"s{number}", short(subnet.id), [f"{subnet.gateway}/{subnet.network.prefixlen}"])
        for number, subnet in numbered:
            interface = f"s{number}"
            router.run("ip", "rule", "add", "pref", str(number), "iif", interface, "lookup", str(number))
            for destination, way in subnet.routes.items():
                router.run("ip", "route", "add", str(destination), *self._next_hop(way), "table", str(number))

    def _next_hop(self, way: str) -> list[str]:
        if way == "igw":
            return ["via", str(GATEWAY_SIDE)]
        if way in self.topology.nats:
            return ["via", str(self.topology.nats[way].address)]
        return ["dev", "backbone"]

    def _internet(self) -> None:
        gateway = self["igw"]
        gateway.run(*FORWARD)
        connect(gateway, "vpc", LINK, [f"{GATEWAY_SIDE}/30"])
        connect(gateway, "internet", INTERNET, [])
        gateway.run("ip", "route", "add", str(self.topology.network), "via", str(ROUTER_SIDE))
        gateway.run("ip", "route", "add", "default", "dev", "internet")
        for name, address in self.outside.items():
            connect(self[name], "eth0", INTERNET, [f"{address}/32"])
            self[name].run("ip", "route", "add", "default", "dev", "eth0")
        endpoint = self["aws"]
        connect(endpoint, "backbone", BACKBONE, ["169.254.101.2/24"])
        endpoint.run("ip", "route", "add", str(self.topology.network), "via", "169.254.101.1")

    def _connect(self, host: Host) -> None:
        subnet, inside = self.topology.subnets[host.subnet], self[host.name]
        connect(inside, "eth0", short(subnet.id), [f"{host.address}/{subnet.network.prefixlen}"])
        inside.run("ip", "route", "add", "default", "via", str(subnet.gateway))


def short(name: str) -> str:
    """The name of a bridge: an interface may have 15 letters."""
    return name if len(name) <= 12 else name[:2] + name[-10:]

"""A composition as a plain description: subnets, hosts, security groups, public addresses. It knows neither AWS nor Linux."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

ANYWHERE = IPv4Network("0.0.0.0/0")


@dataclass(frozen=True)
class Subnet:
    id: str
    name: str
    zone: str
    network: IPv4Network
    routes: Mapping[IPv4Network, str]  # where to => igw, or the name of a gateway host
    public: bool

    @property
    def gateway(self) -> IPv4Address:
        return self.network[1]


@dataclass(frozen=True)
class Rule:
    """A peer is a group's id, or ranges."""

    outward: bool
    peer: str | tuple[IPv4Network, ...]
    ports: tuple[int, int] | None  # none: every protocol and port


@dataclass(frozen=True)
class Group:
    id: str
    role: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Host:
    name: str
    role: str
    subnet: str
    address: IPv4Address
    groups: frozenset[str]
    public: IPv4Address | None = None


@dataclass
class World:
    network: IPv4Network
    subnets: dict[str, Subnet]
    groups: dict[str, Group]
    hosts: dict[str, Host] = field(default_factory=dict)
    nats: dict[str, Host] = field(default_factory=dict)
    endpoints: dict[str, tuple[IPv4Network, ...]] = field(default_factory=dict)  # service => addresses

    def add(self, role: str, subnet: str, groups: frozenset[str], public: IPv4Address | None = None) -> Host:
        """One more host of a role, with the next free name and address; the first four of a subnet are AWS's."""
        name = next(name for n in range(1, 100) if (name := f"{role}-{n}") not in self.hosts)
        taken = {host.address for host in [*self.hosts.values(), *self.nats.values()]}
        within = self.subnets[subnet].network
        address = next(within[n] for n in range(10, within.num_addresses - 1) if within[n] not in taken)
        self.hosts[name] = Host(name, role, subnet, address, groups, public)
        return self.hosts[name]

    def of(self, role: str) -> list[Host]:
        return [host for host in self.hosts.values() if host.role == role]

    def zone(self, host: Host) -> str:
        return self.subnets[host.subnet].zone

    def members(self, group: str) -> list[IPv4Address]:
        return [host.address for host in self.hosts.values() if group in host.groups]

"""Topology of a composition: subnets, hosts, security groups, addresses."""

from __future__ import annotations

from collections import Counter
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
class Topology:
    network: IPv4Network
    subnets: dict[str, Subnet]
    groups: dict[str, Group]
    hosts: dict[str, Host] = field(default_factory=dict)
    nats: dict[str, Host] = field(default_factory=dict)
    added: Counter[str] = field(default_factory=Counter)

    def add(self, role: str, subnet: str, groups: frozenset[str], public: IPv4Address | None = None) -> Host:
        """One more host of a role; its name and address were nobody's before, so that neighbours are not misled."""
        self.added[role] += 1
        self.added[subnet] += 1
        name, address = f"{role}-{self.added[role]}", self.subnets[subnet].network[9 + self.added[subnet]]
        self.hosts[name] = Host(name, role, subnet, address, groups, public)
        return self.hosts[name]

    def of(self, role: str) -> list[Host]:
        return [host for host in self.hosts.values() if host.role == role]

    def zone(self, host: Host) -> str:
        return self.subnets[host.subnet].zone

    def addresses_in(self, group: str) -> list[IPv4Address]:
        return [host.address for host in self.hosts.values() if group in host.groups]

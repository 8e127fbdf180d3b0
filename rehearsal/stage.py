"""A composition with all its programs running, in the order in which AWS would have them."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from rehearsal.authority import Authority
from rehearsal.balancer import Balancer
from rehearsal.bastion import Bastion
from rehearsal.cloud import Cloud
from rehearsal.database import Database
from rehearsal.front import Front
from rehearsal.names import Names
from rehearsal.network import OUTSIDE, Network
from rehearsal.service import Service
from rehearsal.state import State

OPERATOR = IPv4Address("203.0.113.7")


@dataclass
class Entries:
    """The entries app: tasks that anybody reaches by their addresses, and a table."""

    network: Network
    names: Names
    cloud: Cloud
    service: Service

    @property
    def site(self) -> str:
        """The first task, under the address it has in the internet."""
        return f"http://{self.network.world.of('app')[0].public}:5000"


@dataclass
class Stage:
    """The notes app: nginx, load balancer, tasks, database, bastion."""

    network: Network
    names: Names
    cloud: Cloud
    database: Database
    balancer: Balancer
    service: Service
    authority: Authority
    front: Front
    bastion: Bastion

    @property
    def site(self) -> str:
        return f"https://{self.front.name}"


def connected(state: State, home: Path) -> Network:
    """Hosts, cables and packet rules, without any program."""
    network = Network(state.world(), home, OPERATOR)
    network.build()
    return network


def built(state: State, home: Path) -> Stage | Entries:
    network = connected(state, home)
    names = Names(network)
    cloud = Cloud(network, names, state)
    return entries(network, names, cloud, state) if state.tables() else three_tier(network, names, cloud, state)


def entries(network: Network, names: Names, cloud: Cloud, state: State) -> Entries:
    service = Service(network, state, cloud)
    for task in network.world.of("app"):
        service.start(task)
    return Entries(network, names, cloud, service)


def three_tier(network: Network, names: Names, cloud: Cloud, state: State) -> Stage:
    database = Database(network, names, state, cloud)
    balancer = Balancer(network, names, state)
    service = Service(network, state, cloud, balancer, database.bundle)
    for step in ("users", "release"):
        service.step(step)
    for task in network.world.of("app"):
        service.start(task)
    names.lead("acme.test", [OUTSIDE["authority"]])
    authority = Authority(network["authority"])
    front = Front(network, names, state, authority)
    front.order()
    (network.home / "ca.pem").write_text(authority.root())
    bastion = Bastion(network, state)
    return Stage(network, names, cloud, database, balancer, service, authority, front, bastion)

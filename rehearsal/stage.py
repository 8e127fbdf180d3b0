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
class Stage:
    network: Network
    names: Names
    cloud: Cloud
    database: Database
    balancer: Balancer
    service: Service
    authority: Authority
    front: Front
    bastion: Bastion


def connected(state: State, home: Path) -> Network:
    """Hosts, cables and packet rules, without any program."""
    network = Network(state.world(), home, OPERATOR)
    network.build()
    return network


def three_tier(state: State, home: Path) -> Stage:
    network = connected(state, home)
    names = Names(network)
    names.lead("acme.test", [OUTSIDE["authority"]])
    cloud = Cloud(network, names, state)
    database = Database(network, names, state, cloud)
    balancer = Balancer(network, names, state)
    service = Service(network, state, cloud, balancer, database.bundle)
    for step in ("users", "release"):
        service.step(step)
    for task in network.world.of("app"):
        service.start(task)
    authority = Authority(network["authority"])
    front = Front(network, names, state, authority)
    front.order()
    (home / "ca.pem").write_text(authority.root())
    return Stage(network, names, cloud, database, balancer, service, authority, front, Bastion(network, state))

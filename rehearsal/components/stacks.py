"""A composition with all its programs running, in the order in which AWS would have them."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from urllib.parse import urlsplit

from rehearsal.components.acm_certificate import issued
from rehearsal.components.acme_server import Authority
from rehearsal.components.aws_services import Cloud
from rehearsal.components.bastion import Bastion
from rehearsal.components.database import Database
from rehearsal.components.ecs_service import Service
from rehearsal.components.instances import Instances
from rehearsal.components.load_balancer import Balancer
from rehearsal.components.nginx_host import Front
from rehearsal.components.vpc_endpoints import endpoints
from rehearsal.model.state import State
from rehearsal.network.dns import Names
from rehearsal.network.network import OUTSIDE, Network

OPERATOR = IPv4Address("203.0.113.7")


@dataclass
class Entries:
    """The entries app: tasks that anybody reaches by their addresses, and a table."""

    network: Network
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


@dataclass
class Tasks:
    """The task manager: load balancer, instances with nginx and the app, database."""

    network: Network
    cloud: Cloud
    database: Database
    balancer: Balancer
    instances: Instances
    site: str


Staged = Entries | Stage | Tasks


def connected(state: State, home: Path) -> Network:
    """Hosts, cables and packet rules, without any program."""
    network = Network(state.world(), home, OPERATOR)
    network.build()
    return network


def built(state: State, home: Path) -> Staged:
    network = connected(state, home)
    names = Names(network)
    cloud = Cloud(network, names, state)
    build = entries if state.tables() else three_tier if state.all("aws_ecs_service") else task_manager
    return build(network, names, cloud, state)


def entries(network: Network, _names: Names, cloud: Cloud, state: State) -> Entries:
    service = Service(network, state, cloud)
    for task in network.world.of("app"):
        service.start(task)
    return Entries(network, cloud, service)


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
    return Stage(network, cloud, database, balancer, service, authority, front, bastion)


def task_manager(network: Network, names: Names, cloud: Cloud, state: State) -> Tasks:
    database = Database(network, names, state, cloud)
    endpoints(network, names, state)
    site = state.output("address").rstrip("/")
    name = str(urlsplit(site).hostname)
    balancer = Balancer(network, names, state, aliases=[name], certificate=issued(network.home, name))
    instances = Instances(network, state, cloud, balancer, database)
    return Tasks(network, cloud, database, balancer, instances, site)

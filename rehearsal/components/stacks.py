"""Stacks: each composition with all its programs running, started in the order in which AWS would start them."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from urllib.parse import urlsplit

from rehearsal.components.acm_certificate import issue_certificate
from rehearsal.components.acme_server import NAME as ACME
from rehearsal.components.acme_server import AcmeServer
from rehearsal.components.aws_services import AwsServices
from rehearsal.components.bastion import Bastion
from rehearsal.components.database import Database
from rehearsal.components.ecs_service import EcsService
from rehearsal.components.instances import Instances
from rehearsal.components.load_balancer import LoadBalancer
from rehearsal.components.nginx_host import NginxHosts
from rehearsal.components.vpc_endpoints import start_vpc_endpoints
from rehearsal.model.read_topology import read_topology
from rehearsal.model.state import State
from rehearsal.network.dns import NameServers
from rehearsal.network.network import OUTSIDE, Network

OPERATOR = IPv4Address("203.0.113.7")


@dataclass
class EightDigitStack:
    """The entries app: tasks with public addresses, and a table."""

    network: Network
    aws: AwsServices
    service: EcsService

    @property
    def site(self) -> str:
        """The first task, under the address it has in the internet."""
        return f"http://{self.network.topology.of('app')[0].public}:5000"


@dataclass
class ThreeTierStack:
    """The notes app: nginx, load balancer, tasks, database, bastion."""

    network: Network
    aws: AwsServices
    database: Database
    balancer: LoadBalancer
    service: EcsService
    acme: AcmeServer
    nginx: NginxHosts
    bastion: Bastion

    @property
    def site(self) -> str:
        return f"https://{self.nginx.name}"


@dataclass
class TaskManagerStack:
    """The task manager: load balancer, instances with nginx and the app, database."""

    network: Network
    aws: AwsServices
    database: Database
    balancer: LoadBalancer
    instances: Instances
    site: str


NotesStack = ThreeTierStack | TaskManagerStack
Stack = EightDigitStack | NotesStack


def build_network(state: State, home: Path) -> Network:
    """Hosts, connections and packet rules, without any program."""
    network = Network(read_topology(state), home, OPERATOR)
    network.build()
    return network


def build_stack(state: State, home: Path) -> Stack:
    network = build_network(state, home)
    names = NameServers(network)
    aws = AwsServices(network, names, state)
    if state.tables():
        return _eight_digit(network, aws, state)
    if state.of("aws_ecs_service"):
        return _three_tier(network, names, aws, state)
    return _task_manager(network, names, aws, state)


def _eight_digit(network: Network, aws: AwsServices, state: State) -> EightDigitStack:
    service = EcsService(network, state, aws)
    for task in network.topology.of("app"):
        service.start(task)
    return EightDigitStack(network, aws, service)


def _three_tier(network: Network, names: NameServers, aws: AwsServices, state: State) -> ThreeTierStack:
    database = Database(network, names, state, aws)
    start_vpc_endpoints(network, names, state)
    balancer = LoadBalancer(network, names, state)
    service = EcsService(network, state, aws, balancer, database.bundle)
    for step in ("users", "release"):
        service.run_release_step(step)
    for task in network.topology.of("app"):
        service.start(task)
    names.point(ACME, [OUTSIDE["acme"]])
    acme = AcmeServer(network["acme"])
    nginx = NginxHosts(network, names, state, acme, aws)
    nginx.order_certificate()
    (network.home / "ca.pem").write_text(acme.root())
    bastion = Bastion(network, state)
    return ThreeTierStack(network, aws, database, balancer, service, acme, nginx, bastion)


def _task_manager(network: Network, names: NameServers, aws: AwsServices, state: State) -> TaskManagerStack:
    database = Database(network, names, state, aws)
    site = str(state.outputs["address"]).rstrip("/")
    name = str(urlsplit(site).hostname)
    certificate = issue_certificate(network.home, name)
    balancer = LoadBalancer(network, names, state, aliases=[name], certificate=certificate)
    instances = Instances(network, state, aws, balancer, database)
    return TaskManagerStack(network, aws, database, balancer, instances, site)

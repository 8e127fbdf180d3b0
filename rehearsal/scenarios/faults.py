"""Faults, injected one after the other while clients read and write."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from devtools.processes import wait_until
from rehearsal.components.stacks import NotesStack, Stack, ThreeTierStack
from rehearsal.model.topology import Host
from rehearsal.network.network import Network
from rehearsal.scenarios import schema_change
from rehearsal.scenarios.ledger import Ledger, load
from rehearsal.scenarios.matrix import PROBE

CALM = 3.0  # seconds of load before and after
UNDISTURBED = 30.0  # seconds

# How soon AWS detects a failure; the stand-ins here do nothing by themselves.
ECS_NOTICES = 2.0
DNS_NOTICES = 30.0
ROUTE_53_NOTICES = 30.0  # three checks, ten seconds apart
DNS_ANSWERS = 6.0  # how long the name servers here let an answer be kept


def reaches(network: Network, source: str, address: object, port: int) -> bool:
    (answer,) = network[source].run_json(sys.executable, PROBE, question=[(str(address), port)])
    return bool(answer)


def kill_task(stack: ThreeTierStack, ledger: Ledger) -> None:
    (victim, *_) = stack.network.topology.of("app")
    stack.service.kill(victim.name)
    ledger.mark(f"{victim.name} killed")
    time.sleep(ECS_NOTICES)
    task = stack.service.replace(victim.name)
    ledger.mark(f"{task.name} registered in its place")


def targets_are(stack: NotesStack, state: str, tasks: list[Host], by: list[Host]) -> bool:
    """Whether those addresses of the load balancer hold those tasks for UP, or for DOWN."""
    found = stack.balancer.targets()
    return all(found[task.name][host.name].startswith(state) for task in tasks for host in by)


@contextmanager
def isolate(stack: NotesStack, ledger: Ledger, zone: str) -> Iterator[None]:
    """Nobody reaches anything in the zone; afterwards its tasks are healthy again."""
    topology = stack.network.topology
    stack.network.set_zone(zone, "down")
    ledger.mark(f"{zone} cut off")
    yield
    stack.network.set_zone(zone, "up")
    ledger.mark(f"{zone} back")
    wait_until(lambda: targets_are(stack, "UP", topology.of("app"), topology.of("balancer")), "health", 120)
    stack.balancer.restore()
    ledger.mark("its task healthy")


def wait_for_health_checks(stack: NotesStack, ledger: Ledger, zone: str) -> None:
    """Return when the other zones' addresses of the load balancer have given up the zone's tasks."""
    topology = stack.network.topology
    lost = [task for task in topology.of("app") if topology.zone(task) == zone]
    near = [host for host in topology.of("balancer") if topology.zone(host) != zone]
    wait_until(lambda: targets_are(stack, "DOWN", lost, near), "the health checks", 120)
    ledger.mark("its task unhealthy")


def balancer_in(stack: NotesStack, zone: str) -> Host:
    return next(host for host in stack.network.topology.of("balancer") if stack.network.topology.zone(host) == zone)


def cut_off_zone(stack: ThreeTierStack, ledger: Ledger) -> None:
    """The zone without nginx: half of the tasks, one address of the load balancer, the standby."""
    topology = stack.network.topology
    zones = sorted({topology.zone(task) for task in topology.of("app")})
    zone = next(zone for zone in zones if zone != topology.zone(stack.nginx.host))
    there = balancer_in(stack, zone)
    with isolate(stack, ledger, zone):
        if reaches(stack.network, stack.nginx.host.name, there.address, stack.balancer.listener):
            raise AssertionError(f"{zone} is not cut off")
        time.sleep(DNS_NOTICES)
        stack.balancer.withdraw(there)
        ledger.mark("its address gone from DNS")
        wait_for_health_checks(stack, ledger, zone)
        time.sleep(CALM)
    wait_until(stack.database.in_step, "the standby to catch up", 60)


def cut_off_nginx_zone(stack: ThreeTierStack, ledger: Ledger) -> None:
    """The zone of nginx, the NAT gateway and the primary; a new nginx and the standby take over, and keep it."""
    topology, lost, primary = stack.network.topology, stack.nginx.host, stack.database.primary
    zone = topology.zone(lost)
    if {topology.zone(host) for host in [primary, *topology.nats.values()]} != {zone}:
        raise AssertionError(f"not all in {zone}")
    with isolate(stack, ledger, zone):
        # All of this is done by AWS while EC2 starts the next nginx, which takes it longer than the rest.
        stack.balancer.withdraw(balancer_in(stack, zone))
        stack.database.promote()
        ledger.mark(f"{stack.database.primary.name} promoted")
        wait_for_health_checks(stack, ledger, zone)
        stack.nginx.take_over(elsewhere(stack))
        ledger.mark(f"{stack.nginx.host.name} in {topology.zone(stack.nginx.host)}")
        up = time.time()
        wait_until(lambda: ledger.all_well_since(up), "everybody to be served by what is left", 60)
        ledger.mark("everybody served")
        task = next(task for task in topology.of("app") if topology.zone(task) != zone)
        if reaches(stack.network, task.name, stack.network.outside["aws"], 443):
            raise AssertionError("there is another way out")
        time.sleep(CALM)
        ledger.mark("no task reads Secrets Manager, which no task can reach")
    # Time for the task that is back to write to the former primary, if that still took anything.
    time.sleep(CALM)
    stack.network.remove(lost.name)
    stack.database.rejoin(primary)
    ledger.mark(f"{primary.name} is the standby")


def elsewhere(stack: ThreeTierStack) -> str:
    """A public subnet in which nginx is not."""
    topology = stack.network.topology
    return next(s.id for s in topology.subnets.values() if s.public and s.id != stack.nginx.host.subnet)


def roll_deployment(stack: ThreeTierStack, ledger: Ledger) -> None:
    release = schema_change.copy_release(stack.network.home / "release", "weather", "mood")
    stack.service.run_release_step("release", release)
    ledger.mark("schema expanded")
    before = {task.name for task in stack.network.topology.of("app")}
    stack.service.roll(stack.balancer, release)
    ledger.mark("old tasks gone")
    if before & {task.name for task in stack.network.topology.of("app")}:
        raise AssertionError("an old task is still there")


def fail_over_database(stack: NotesStack, ledger: Ledger) -> None:
    if not stack.database.in_step():
        raise AssertionError("the standby is behind")
    lost = stack.database.primary.name
    stack.database.fail_over()
    ledger.mark(f"{lost} lost, {stack.database.primary.name} promoted")


def replace_nginx(stack: ThreeTierStack, ledger: Ledger) -> None:
    orders, serial, before = stack.acme.orders(), stack.nginx.certificate_in_service(), stack.nginx.host
    stack.nginx.replace(elsewhere(stack))
    ledger.mark(f"{stack.nginx.host.name} in {stack.network.topology.zone(stack.nginx.host)}")
    after = (stack.acme.orders(), stack.nginx.certificate_in_service(), stack.nginx.host.public)
    if after != (orders, serial, before.public):
        raise AssertionError(f"not the same address and certificate: {after}")


@contextmanager
def without_nat(stack: ThreeTierStack, ledger: Ledger) -> Iterator[None]:
    """The NAT gateway forwards nothing, and there is no other way out."""
    (task, *_) = stack.network.topology.of("app")
    (gateway,) = (stack.network[name] for name in stack.network.topology.nats)

    def way_out(expected: bool) -> None:
        if reaches(stack.network, task.name, stack.network.outside["aws"], 443) != expected:
            raise AssertionError(f"a way out should {'be there' if expected else 'be gone'}")

    way_out(True)
    gateway.run("sysctl", "-qw", "net.ipv4.ip_forward=0")
    ledger.mark("NAT gone")
    way_out(False)
    yield
    gateway.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
    ledger.mark("NAT back")
    way_out(True)


def stop_nat(stack: ThreeTierStack, ledger: Ledger) -> None:
    with without_nat(stack, ledger):
        time.sleep(5)


def change_password(stack: ThreeTierStack, ledger: Ledger) -> None:
    """While the new one cannot be read from Secrets Manager, and no connection is open."""
    with without_nat(stack, ledger):
        known = stack.aws.rotate_secret("database-app")
        user = known["username"]
        stack.database.sql(f"ALTER USER {user}@'%' IDENTIFIED BY '{known['password']}'", f"KILL USER {user}")
        ledger.mark("password changed, connections closed")
        time.sleep(5)


def move_writer(stack: ThreeTierStack, ledger: Ledger) -> None:
    """To either standby of a cluster, one after the other; who was the writer comes back as a standby."""
    for standby in list(stack.database.standbys):
        former = stack.database.primary
        wait_until(stack.database.in_step, "the standbys to copy", 60)
        stack.database.promote(standby)
        ledger.mark(f"{former.name} lost, {standby.name} the writer")
        since = time.time()
        wait_until(partial(ledger.all_well_since, since), "everybody to be served again", 60)
        stack.database.rejoin(former)
        ledger.mark(f"{former.name} is a standby")


def lose_front_host(stack: ThreeTierStack, ledger: Ledger) -> None:
    """One of two: until DNS no longer returns its address, half of the requests get no answer."""
    lost, subnet = stack.nginx.hosts[-1], stack.nginx.hosts[-1].subnet
    orders, serial = stack.acme.orders(), stack.nginx.certificate_in_service()
    stack.network[lost.name].stop()
    ledger.mark(f"{lost.name} lost")
    time.sleep(ROUTE_53_NOTICES)
    stack.nginx.answer(lost)
    ledger.mark("its address is not answered any more")
    wait_until_served_by_what_is_left(ledger)
    stack.nginx.replace(subnet, lost)
    stack.nginx.answer()
    ledger.mark(f"{stack.nginx.hosts[-1].name} in its place")
    after = (stack.acme.orders(), {stack.nginx.certificate_in_service(host) for host in stack.nginx.hosts})
    if after != (orders, {serial}):
        raise AssertionError(f"not one certificate without a new order: {after}")


def wait_until_served_by_what_is_left(ledger: Ledger) -> None:
    wait_until(partial(ledger.all_well_since, time.time()), "everybody to be served by what is left", 60)
    ledger.mark("everybody served")
    time.sleep(CALM)


def cut_off_front_zone(stack: ThreeTierStack, ledger: Ledger) -> None:
    """The zone of the second host, of a task and of one of the load balancer's addresses."""
    lost = stack.nginx.hosts[-1]
    zone = stack.network.topology.zone(lost)
    with isolate(stack, ledger, zone):
        time.sleep(ROUTE_53_NOTICES)
        stack.nginx.answer(lost)
        stack.balancer.withdraw(balancer_in(stack, zone))
        ledger.mark("its addresses are not answered any more")
        wait_for_health_checks(stack, ledger, zone)
        wait_until_served_by_what_is_left(ledger)
    stack.nginx.answer()


def renew_with_one_front_host(stack: ThreeTierStack, ledger: Ledger) -> None:
    """While the other is gone; it takes the new certificate over when it is back."""
    lost, orders = stack.nginx.hosts[-1], stack.acme.orders()
    before = stack.nginx.certificate_in_service()
    stack.nginx.answer(lost)
    time.sleep(DNS_ANSWERS)
    stack.network[lost.name].stop()
    ledger.mark(f"{lost.name} lost")
    stack.nginx.keep(stack.nginx.host, "--force-renewal")
    ledger.mark("certificate renewed")
    stack.nginx.replace(lost.subnet, lost)
    stack.nginx.answer()
    ledger.mark(f"{stack.nginx.hosts[-1].name} in its place")
    served = {stack.nginx.certificate_in_service(host) for host in stack.nginx.hosts}
    if stack.acme.orders() != orders + 1 or len(served) != 1 or before in served:
        raise AssertionError(f"not one new certificate by one order: {served}, {stack.acme.orders() - orders}")


@dataclass(frozen=True)
class Fault:
    inject: Callable[[Any, Ledger], None]  # into a stack that has what is harmed
    expected: str


FAULTS = {
    "task-killed": Fault(
        kill_task, "no request fails: nginx tries the load balancer's other addresses, and all of them twice"
    ),
    "rolling-deployment": Fault(roll_deployment, "no request fails"),
    "zone-cut-off": Fault(cut_off_zone, "requests fail until the health checks fail; no write is lost"),
    "nginx-zone-cut-off": Fault(
        cut_off_nginx_zone,
        "no request is answered until nginx is up and the standby promoted elsewhere; no write is lost",
    ),
    "nat-gone": Fault(stop_nat, "no request fails; new tasks cannot start"),
    "password-changed": Fault(change_password, "requests fail until the new one can be read; no task is restarted"),
    "database-failover": Fault(
        fail_over_database, "requests fail until the name leads to the standby; no write is lost"
    ),
    "nginx-replaced": Fault(replace_nginx, "no request is answered until the new host is up; no new order"),
}


# What only the other form of three-tier has: two hosts of nginx, and a cluster.
FAULTS_OF_CLUSTER = {
    "writer-moved": Fault(move_writer, "requests fail until the name leads to the new writer; no write is lost"),
    "front-host-lost": Fault(lose_front_host, "who was led to it waits until its address is not answered any more"),
    "front-zone-cut-off": Fault(cut_off_front_zone, "the same, and requests to what else was there"),
    "renewal-with-one-host": Fault(
        renew_with_one_front_host, "who had a connection to the lost host opens another; one new order"
    ),
}


@contextmanager
def under_load(stack: Stack, name: str) -> Iterator[Ledger]:
    """Clients read and write while the block injects a fault, and for a while before and after."""
    with load(stack, name) as ledger:
        time.sleep(CALM)
        ledger.mark("begin")
        yield ledger
        ledger.mark("end")
        over = time.time()
        wait_until(lambda: ledger.all_well_since(over), "everybody to be served again", 60)
        time.sleep(CALM)


def run_fault(name: str, fault: Fault, stack: NotesStack) -> dict[str, Any]:
    with under_load(stack, name) as ledger:
        fault.inject(stack, ledger)
    return {"expected": fault.expected} | ledger.compare(stack.database.titles())


def leave_alone(_stack: NotesStack, _ledger: Ledger) -> None:
    time.sleep(UNDISTURBED)


# The same load without a fault: its response times are what the report compares with what was promised.
NO_FAULT: dict[str, Callable[[NotesStack], dict[str, Any]]] = {
    "undisturbed": partial(run_fault, "undisturbed", Fault(leave_alone, "no request fails"))
}
SCENARIOS: dict[str, Callable[[ThreeTierStack], dict[str, Any]]] = NO_FAULT | {
    name: partial(run_fault, name, fault) for name, fault in FAULTS.items()
}
CLUSTER_SCENARIOS: dict[str, Callable[[ThreeTierStack], dict[str, Any]]] = {
    name: partial(run_fault, name, fault) for name, fault in FAULTS_OF_CLUSTER.items()
}

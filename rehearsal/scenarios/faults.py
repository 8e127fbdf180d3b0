"""What goes wrong, one after the other, while people read and write."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from rehearsal.components.stacks import Stage, Staged, Tasks
from rehearsal.model.topology import Host
from rehearsal.network.network import Network
from rehearsal.network.processes import wait_until
from rehearsal.scenarios import schema_change
from rehearsal.scenarios.ledger import Ledger, load
from rehearsal.scenarios.matrix import PROBE

CALM = 3.0  # seconds of load before and after

# How soon AWS notices, where this world's stand-ins must be told.
ECS_NOTICES = 2.0
DNS_NOTICES = 30.0


def reaches(network: Network, source: str, address: object, port: int) -> bool:
    (answer,) = network[source].ask(sys.executable, PROBE, question=[(str(address), port)])
    return bool(answer)


def task_killed(stage: Stage, ledger: Ledger) -> None:
    (victim, *_) = stage.network.world.of("app")
    stage.service.lose(victim.name)
    ledger.mark(f"{victim.name} killed")
    time.sleep(ECS_NOTICES)
    task = stage.service.replace(victim.name)
    ledger.mark(f"{task.name} registered in its place")


def targets_are(stage: Stage | Tasks, state: str, tasks: list[Host], by: list[Host]) -> bool:
    """Whether those addresses of the load balancer hold those tasks for UP, or for DOWN."""
    found = stage.balancer.targets()
    return all(found[task.name][host.name].startswith(state) for task in tasks for host in by)


@contextmanager
def cut_off(stage: Stage | Tasks, ledger: Ledger, zone: str) -> Iterator[None]:
    """Nobody reaches anything in the zone; afterwards its tasks are healthy again."""
    world = stage.network.world
    stage.network.zone(zone, "down")
    ledger.mark(f"{zone} cut off")
    yield
    stage.network.zone(zone, "up")
    ledger.mark(f"{zone} back")
    wait_until(lambda: targets_are(stage, "UP", world.of("app"), world.of("balancer")), "health", 120)
    stage.balancer.restore()
    ledger.mark("its task healthy")


def wait_for_health_checks(stage: Stage | Tasks, ledger: Ledger, zone: str) -> None:
    """Return when the other zones' addresses of the load balancer have given up the zone's tasks."""
    world = stage.network.world
    lost = [task for task in world.of("app") if world.zone(task) == zone]
    near = [host for host in world.of("balancer") if world.zone(host) != zone]
    wait_until(lambda: targets_are(stage, "DOWN", lost, near), "the health checks", 120)
    ledger.mark("its task unhealthy")


def balancer_in(stage: Stage | Tasks, zone: str) -> Host:
    return next(host for host in stage.network.world.of("balancer") if stage.network.world.zone(host) == zone)


def zone_cut_off(stage: Stage, ledger: Ledger) -> None:
    """The zone without nginx: half of the tasks, one address of the load balancer, the standby."""
    world = stage.network.world
    zone = next(
        zone for zone in sorted({world.zone(task) for task in world.of("app")}) if zone != world.zone(stage.front.host)
    )
    there = balancer_in(stage, zone)
    with cut_off(stage, ledger, zone):
        if reaches(stage.network, stage.front.host.name, there.address, stage.balancer.listener):
            raise AssertionError(f"{zone} is not cut off")
        time.sleep(DNS_NOTICES)
        stage.balancer.withdraw(there)
        ledger.mark("its address gone from DNS")
        wait_for_health_checks(stage, ledger, zone)
        time.sleep(CALM)
    wait_until(stage.database.in_step, "the standby to catch up", 60)


def front_zone_cut_off(stage: Stage, ledger: Ledger) -> None:
    """The zone of nginx, the NAT gateway and the primary; a new nginx and the standby take over, and keep it."""
    world, lost, primary = stage.network.world, stage.front.host, stage.database.primary
    zone = world.zone(lost)
    if {world.zone(host) for host in [primary, *world.nats.values()]} != {zone}:
        raise AssertionError(f"not all in {zone}")
    with cut_off(stage, ledger, zone):
        # All of this is done by AWS while EC2 starts the next nginx, which takes it longer than the rest.
        stage.balancer.withdraw(balancer_in(stage, zone))
        stage.database.promote()
        ledger.mark(f"{stage.database.primary.name} promoted")
        wait_for_health_checks(stage, ledger, zone)
        stage.front.take_over(elsewhere(stage))
        ledger.mark(f"{stage.front.host.name} in {world.zone(stage.front.host)}")
        up = time.time()
        wait_until(lambda: ledger.all_well_since(up), "everybody to be served by what is left", 60)
        ledger.mark("everybody served")
        task = next(task for task in world.of("app") if world.zone(task) != zone)
        if reaches(stage.network, task.name, stage.network.outside["aws"], 443):
            raise AssertionError("there is another way out")
        time.sleep(CALM)
        ledger.mark("nobody misses Secrets Manager, which no task reaches")
    # Time for the task that is back to write to the former primary, if that still took anything.
    time.sleep(CALM)
    stage.network.remove(lost.name)
    stage.database.rejoin(primary)
    ledger.mark(f"{primary.name} is the standby")


def elsewhere(stage: Stage) -> str:
    """A public subnet in which nginx is not."""
    world = stage.network.world
    return next(s.id for s in world.subnets.values() if s.public and s.id != stage.front.host.subnet)


def rolling_deployment(stage: Stage, ledger: Ledger) -> None:
    release = schema_change.release(stage.network.home / "release", "weather", "mood")
    stage.service.step("release", release)
    ledger.mark("schema expanded")
    before = {task.name for task in stage.network.world.of("app")}
    stage.service.roll(stage.balancer, release)
    ledger.mark("old tasks gone")
    if before & {task.name for task in stage.network.world.of("app")}:
        raise AssertionError("an old task is still there")


def database_failover(stage: Stage | Tasks, ledger: Ledger) -> None:
    if not stage.database.in_step():
        raise AssertionError("the standby is behind")
    lost = stage.database.primary.name
    stage.database.fail_over()
    ledger.mark(f"{lost} lost, {stage.database.primary.name} promoted")


def nginx_replaced(stage: Stage, ledger: Ledger) -> None:
    orders, serial, before = stage.authority.orders(), stage.front.serial(), stage.front.host
    stage.front.replace(elsewhere(stage))
    ledger.mark(f"{stage.front.host.name} in {stage.network.world.zone(stage.front.host)}")
    after = (stage.authority.orders(), stage.front.serial(), stage.front.host.public)
    if after != (orders, serial, before.public):
        raise AssertionError(f"not the same address and certificate: {after}")


@contextmanager
def without_nat(stage: Stage, ledger: Ledger) -> Iterator[None]:
    """The NAT gateway forwards nothing, and there is no other way out."""
    (task, *_) = stage.network.world.of("app")
    (gateway,) = (stage.network[name] for name in stage.network.world.nats)

    def way_out(expected: bool) -> None:
        if reaches(stage.network, task.name, stage.network.outside["aws"], 443) != expected:
            raise AssertionError(f"a way out should {'be there' if expected else 'be gone'}")

    way_out(True)
    gateway.run("sysctl", "-qw", "net.ipv4.ip_forward=0")
    ledger.mark("NAT gone")
    way_out(False)
    yield
    gateway.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
    ledger.mark("NAT back")
    way_out(True)


def nat_gone(stage: Stage, ledger: Ledger) -> None:
    with without_nat(stage, ledger):
        time.sleep(5)


def password_changed(stage: Stage, ledger: Ledger) -> None:
    """While Secrets Manager cannot be asked for the new one, and nobody is left with a connection."""
    with without_nat(stage, ledger):
        known = stage.cloud.change("database-app")
        user = known["username"]
        stage.database.sql(f"ALTER USER {user}@'%' IDENTIFIED BY '{known['password']}'", f"KILL USER {user}")
        ledger.mark("password changed, connections closed")
        time.sleep(5)


@dataclass(frozen=True)
class Fault:
    harm: Callable[[Any, Ledger], None]  # the stage is one that has what is harmed
    promise: str


FAULTS = {
    "task-killed": Fault(
        task_killed, "nobody notices: nginx asks the load balancer's other addresses, and all of them again"
    ),
    "rolling-deployment": Fault(rolling_deployment, "nobody notices"),
    "zone-cut-off": Fault(zone_cut_off, "requests fail until the health checks notice; no write is lost"),
    "front-zone-cut-off": Fault(
        front_zone_cut_off, "nobody is served until nginx is up and the standby promoted elsewhere; no write is lost"
    ),
    "nat-gone": Fault(nat_gone, "nobody notices; new tasks cannot start"),
    "password-changed": Fault(password_changed, "requests fail until the new one can be read; no task is restarted"),
    "database-failover": Fault(
        database_failover, "requests fail until the name leads to the standby; no write is lost"
    ),
    "nginx-replaced": Fault(nginx_replaced, "nobody is served until the new host is up; no new order"),
}


@contextmanager
def disturbed(stage: Staged, name: str) -> Iterator[Ledger]:
    """People at work; the block does the harm."""
    with load(stage, name) as ledger:
        time.sleep(CALM)
        ledger.mark("begin")
        yield ledger
        ledger.mark("end")
        over = time.time()
        wait_until(lambda: ledger.all_well_since(over), "everybody to be served again", 60)
        time.sleep(CALM)


def suffered(name: str, fault: Fault, stage: Stage | Tasks) -> dict[str, Any]:
    with disturbed(stage, name) as ledger:
        fault.harm(stage, ledger)
    return {"promise": fault.promise} | ledger.against(stage.database.titles())


PARTS: dict[str, Callable[[Stage], dict[str, Any]]] = {
    name: partial(suffered, name, fault) for name, fault in FAULTS.items()
}

"""What goes wrong, one after the other, while people read and write."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from rehearsal import expansion
from rehearsal.ledger import Ledger, load
from rehearsal.matrix import PROBE
from rehearsal.network import Network
from rehearsal.processes import wait_until
from rehearsal.stage import Stage, Staged, Tasks

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


def zone_cut_off(stage: Stage, ledger: Ledger) -> None:
    """The zone without nginx: half of the tasks, one address of the load balancer, the standby."""
    world = stage.network.world
    zone = next(
        zone for zone in sorted({world.zone(task) for task in world.of("app")}) if zone != world.zone(stage.front.host)
    )
    there = next(host for host in world.of("balancer") if world.zone(host) == zone)
    stage.network.zone(zone, "down")
    ledger.mark(f"{zone} cut off")
    if reaches(stage.network, stage.front.host.name, there.address, stage.balancer.listener):
        raise AssertionError(f"{zone} is not cut off")
    time.sleep(DNS_NOTICES)
    stage.balancer.withdraw(there)
    ledger.mark("its address gone from DNS")
    lost = next(task for task in world.of("app") if world.zone(task) == zone)
    near = next(host.name for host in world.of("balancer") if world.zone(host) != zone)
    wait_until(lambda: stage.balancer.targets()[lost.name][near].startswith("DOWN"), "the health checks", 120)
    ledger.mark("its task unhealthy")
    time.sleep(CALM)
    stage.network.zone(zone, "up")
    ledger.mark(f"{zone} back")
    wait_until(
        lambda: all(s.startswith("UP") for found in stage.balancer.targets().values() for s in found.values()),
        "health",
        120,
    )
    stage.balancer.restore()
    wait_until(stage.database.in_step, "the standby to catch up", 60)


def rolling_deployment(stage: Stage, ledger: Ledger) -> None:
    release = expansion.release(stage.network.home / "release", "weather", "mood")
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
    time.sleep(10)


def nginx_replaced(stage: Stage, ledger: Ledger) -> None:
    world = stage.network.world
    orders, serial, before = stage.authority.orders(), stage.front.serial(), stage.front.host
    other = next(s.id for s in world.subnets.values() if s.public and s.id != before.subnet)
    stage.front.replace(other)
    ledger.mark(f"{stage.front.host.name} in {world.zone(stage.front.host)}")
    after = (stage.authority.orders(), stage.front.serial(), stage.front.host.public)
    if after != (orders, serial, before.public):
        raise AssertionError(f"not the same address and certificate: {after}")


def nat_gone(stage: Stage, ledger: Ledger) -> None:
    (task, *_) = stage.network.world.of("app")
    services = stage.network.outside["aws"]
    if not reaches(stage.network, task.name, services, 443):
        raise AssertionError("no way out before")
    (gateway,) = (stage.network[name] for name in stage.network.world.nats)
    gateway.run("ip", "link", "set", "eth0", "down")
    ledger.mark("NAT gone")
    if reaches(stage.network, task.name, services, 443):
        raise AssertionError("there is another way out")
    time.sleep(5)
    gateway.run("ip", "link", "set", "eth0", "up")


@dataclass(frozen=True)
class Fault:
    harm: Callable[[Any, Ledger], None]  # the stage is one that has what is harmed
    promise: str


FAULTS = {
    "task-killed": Fault(task_killed, "nobody notices: nginx asks another address of the load balancer"),
    "rolling-deployment": Fault(rolling_deployment, "nobody notices"),
    "zone-cut-off": Fault(zone_cut_off, "requests fail until the health checks notice; no write is lost"),
    "nat-gone": Fault(nat_gone, "nobody notices; new tasks cannot start"),
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

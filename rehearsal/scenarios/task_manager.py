"""Scenarios of the task manager: a browser and a program use it, and faults of its instances."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from devtools.processes import ROOT, wait_until
from rehearsal import in_host
from rehearsal.components.stacks import TaskManagerStack
from rehearsal.scenarios import schema_change
from rehearsal.scenarios.faults import (
    CALM,
    DNS_NOTICES,
    NO_FAULT,
    Fault,
    balancer_in,
    fail_over_database,
    isolate,
    reaches,
    run_fault,
    wait_for_health_checks,
)
from rehearsal.scenarios.ledger import Ledger
from rehearsal.scenarios.matrix import PROBE

# The group looks after its instances about once a minute; the stand-in here does nothing by itself.
GROUP_NOTICES = 60.0
ROWS = "SELECT title, status FROM notes.note ORDER BY title"
HIDDEN = ("/metrics", "/pool-stats", "/health", "/readyz")
# Other spellings of what the load balancer hides: it compares letters, nginx reads them.
OTHER_SPELLINGS = ("/%6detrics", "//metrics", "/metrics/", "/./pool-stats", "/POOL-STATS")


def walkthrough(stack: TaskManagerStack) -> dict[str, Any]:
    """Use it as a browser and a program do; return what was seen, to be judged by the tests."""
    visit = browse(stack)
    token = visit.pop("token")
    return visit | {
        "connections": most_connections(stack, token),
        "program": plan_by_program(stack, token),
        "figures": figures(stack),
        "clients": logged_clients(stack),
        "direct": direct(stack),
        "rows": [row.split("\t") for row in stack.database.sql(ROWS).splitlines()],
    }


def browse(stack: TaskManagerStack) -> dict[str, Any]:
    """What the browser does."""
    pictures, host = stack.network.home / "pictures", stack.network["world"]
    pictures.mkdir(exist_ok=True)
    host.run("mkdir", "-p", "/tmp/browser")
    environ = os.environ | {"HOME": "/tmp/browser", "PYTHONPATH": str(ROOT)}
    script = in_host.FOLDER / "task_browser_session.py"
    found: dict[str, Any] = host.run_json(
        sys.executable, script, stack.network.home / "ca.pem", pictures, question=None, env=environ
    )
    return found


def request(stack: TaskManagerStack, path: str, *options: str) -> tuple[int, str]:
    """Status and body of what curl gets in the internet."""
    command = ["curl", "-sS", "--path-as-is", "-m30", "--cacert", stack.network.home / "ca.pem", "-w", "\n%{http_code}"]
    body, _, status = stack.network["world"].run(*command, *options, stack.site + path).rpartition("\n")
    return int(status), body


def plan_by_program(stack: TaskManagerStack, token: str) -> dict[str, Any]:
    """As docs/api.md says: make a task, sent twice with one key; complete it; find it among the done ones."""
    bearer, as_json = ("-H", f"Authorization: Bearer {token}"), ("-H", "Content-Type: application/json")
    new = json.dumps({"title": "Paint the fence", "status": "open", "due_on": "2026-05-01"})
    keyed = (*bearer, *as_json, "-H", "Idempotency-Key: fence")
    created = [request(stack, "/api/v1/notes", *keyed, "-d", new) for _ in range(2)]
    identifiers = {json.loads(body)["id"] for _, body in created}
    path = f"/api/v1/tasks/{min(identifiers)}/status"
    completion = request(stack, path, *bearer, *as_json, "-d", '{"status": "done"}')
    done = request(stack, "/api/v1/tasks?status=done", *bearer)
    return {
        "answers": [status for status, _ in (*created, completion, done)],
        "created": len(identifiers),
        "done": sorted(task["title"] for task in json.loads(done[1])["items"]),
        "without a token": request(stack, "/api/v1/tasks")[0],
    }


def figures(stack: TaskManagerStack) -> dict[str, dict[str, int]]:
    """Answers of metrics and health checks, on an instance and in the internet."""
    instance = stack.network[stack.network.topology.of("app")[0].name]
    status = ("curl", "-sS", "-o/dev/null", "-w%{http_code}")
    return {
        "on an instance": {path: int(instance.run(*status, f"127.0.0.1:5000{path}")) for path in HIDDEN},
        "in the world": {path: request(stack, path)[0] for path in (*HIDDEN, *OTHER_SPELLINGS)},
    }


def logged_clients(stack: TaskManagerStack) -> list[str]:
    """Whose addresses nginx on the instances wrote down, besides those of the load balancer's own checks."""
    lines = [
        json.loads(line)
        for instance in stack.network.topology.of("app")
        for line in stack.network[instance.name].run("cat", "/var/log/nginx/access.log").splitlines()
    ]
    return sorted({line["client"] for line in lines if line["path"] != "/health"})


def direct(stack: TaskManagerStack) -> dict[str, Any]:
    """Connections from the internet besides the load balancer's two ports, and which of them were answered."""
    targets = [
        (host.name, str(address), port)
        for host in stack.network.topology.hosts.values()
        for address in {host.address, host.public or host.address}
        for port in (22, 80, 443, 3306, 5000)
        if (address, port) not in {(host.public, 80), (host.public, 443)}
    ]
    answers = stack.network["world"].run_json(sys.executable, PROBE, question=[target[1:] for target in targets])
    return {"tried": len(targets), "answered": [t for t, answer in zip(targets, answers, strict=True) if answer]}


def most_connections(stack: TaskManagerStack, token: str) -> dict[str, int]:
    """Connections to the database by instance, the most that were seen while sixty asked at once."""
    command = [
        "curl",
        "-sS",
        "-Z",
        "--parallel-max",
        "60",
        "--cacert",
        stack.network.home / "ca.pem",
        "-o",
        "/dev/null",
    ]
    command += ["-H", f"Authorization: Bearer {token}", f"{stack.site}/api/v1/tasks?limit=[1-100]"]
    process = stack.network["world"].start(*command, log="many", environ=os.environ)
    most: dict[str, int] = {}
    while process.poll() is None or not most:
        for address, count in connections(stack).items():
            most[address] = max(most.get(address, 0), count)
    return most


def connections(stack: TaskManagerStack) -> dict[str, int]:
    counted = "SELECT SUBSTRING_INDEX(host, ':', 1), COUNT(*) FROM information_schema.processlist"
    rows = stack.database.sql(f"{counted} WHERE user = 'app' GROUP BY 1").splitlines()
    return {address: int(count) for address, count in (row.split("\t") for row in rows)}


def kill_instance(stack: TaskManagerStack, ledger: Ledger) -> None:
    (victim, *_) = stack.network.topology.of("app")
    stack.instances.kill(victim.name)
    ledger.mark(f"{victim.name} gone")
    time.sleep(GROUP_NOTICES)
    replacement = stack.instances.replace(victim.name)
    ledger.mark(f"{replacement.name} in its place")


def cut_off_zone(stack: TaskManagerStack, ledger: Ledger) -> None:
    """The zone of the primary and the NAT gateway, and of half of everything else."""
    primary = stack.database.primary
    zone = stack.network.topology.zone(primary)
    there = balancer_in(stack, zone)
    with isolate(stack, ledger, zone):
        if reaches(stack.network, "world", there.public, stack.balancer.listener):
            raise AssertionError(f"{zone} is not cut off")
        time.sleep(DNS_NOTICES)
        stack.balancer.withdraw(there)
        ledger.mark("its address gone from DNS")
        stack.database.promote()
        ledger.mark(f"{stack.database.primary.name} promoted")
        wait_for_health_checks(stack, ledger, zone)
        served = time.time()
        wait_until(lambda: ledger.all_well_since(served), "everybody to be served by what is left", 60)
        ledger.mark("everybody served")
    # Time for the instance that is back to write to the former primary, if that still took anything.
    time.sleep(CALM)
    stack.database.rejoin(primary)
    ledger.mark(f"{primary.name} is the standby")


def refresh_instances(stack: TaskManagerStack, ledger: Ledger) -> None:
    """As the pipeline releases: the schema by the new image, then the parameter, then the instances."""
    digest = f"sha256:{'b' * 64}"
    stack.instances.push(digest, schema_change.copy_release(stack.network.home / "release", "weather"))
    stack.instances.run_image("migrate", digest)
    ledger.mark("schema expanded")
    before = {instance.name for instance in stack.network.topology.of("app")}
    stack.instances.refresh(digest)
    ledger.mark("old instances gone")
    if before & {instance.name for instance in stack.network.topology.of("app")}:
        raise AssertionError("an old instance is still there")


FAULTS = {
    "instance-killed": Fault(kill_instance, "half of the requests fail until the group replaces it; no write is lost"),
    "zone-cut-off": Fault(
        cut_off_zone, "no request is answered until the standby is promoted, half until the health checks fail"
    ),
    "instance-refresh": Fault(refresh_instances, "no request fails"),
    "database-failover": Fault(
        fail_over_database, "requests fail until the name leads to the standby; no write is lost"
    ),
}
SCENARIOS: dict[str, Callable[[TaskManagerStack], dict[str, Any]]] = (
    {"walkthrough": walkthrough} | NO_FAULT | {name: partial(run_fault, name, fault) for name, fault in FAULTS.items()}
)

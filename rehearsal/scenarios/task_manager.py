"""The task manager as it is used, by a browser and by a program, and what happens to its instances."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from rehearsal import in_host
from rehearsal.components.stacks import Tasks
from rehearsal.network.namespaces import ROOT
from rehearsal.network.processes import wait_until
from rehearsal.scenarios import schema_change
from rehearsal.scenarios.faults import (
    CALM,
    DNS_NOTICES,
    Fault,
    balancer_in,
    cut_off,
    database_failover,
    reaches,
    suffered,
    wait_for_health_checks,
)
from rehearsal.scenarios.ledger import Ledger
from rehearsal.scenarios.matrix import PROBE

# The group looks after its instances about once a minute; here it must be told.
GROUP_NOTICES = 60.0
ROWS = "SELECT title, status FROM notes.note ORDER BY title"
HIDDEN = ("/metrics", "/pool-stats", "/health", "/readyz")
# Other spellings of what the load balancer hides: it compares letters, nginx reads them.
SPELLED = ("/%6detrics", "//metrics", "/metrics/", "/./pool-stats", "/POOL-STATS")


def story(stage: Tasks) -> dict[str, Any]:
    """What was seen, to be judged by whoever reads it."""
    visit = browse(stage)
    token = visit.pop("token")
    return visit | {
        "connections": pooled(stage, token),
        "program": planned_by_program(stage, token),
        "figures": figures(stage),
        "visitors": visitors(stage),
        "direct": direct(stage),
        "image without a gateway": image_without_a_gateway(stage),
        "rows": [row.split("\t") for row in stage.database.sql(ROWS).splitlines()],
    }


def browse(stage: Tasks) -> dict[str, Any]:
    """The browser's part."""
    pictures, host = stage.network.home / "pictures", stage.network["world"]
    pictures.mkdir(exist_ok=True)
    host.run("mkdir", "-p", "/tmp/planner")
    environ = os.environ | {"HOME": "/tmp/planner", "PYTHONPATH": str(ROOT)}
    script = in_host.FOLDER / "task_browser_session.py"
    found: dict[str, Any] = host.ask(
        sys.executable, script, stage.network.home / "ca.pem", pictures, question=None, env=environ
    )
    return found


def asked(stage: Tasks, path: str, *options: str) -> tuple[int, str]:
    """Status and body of what curl gets in the world."""
    command = ["curl", "-sS", "--path-as-is", "-m30", "--cacert", stage.network.home / "ca.pem", "-w", "\n%{http_code}"]
    body, _, status = stage.network["world"].run(*command, *options, stage.site + path).rpartition("\n")
    return int(status), body


def planned_by_program(stage: Tasks, token: str) -> dict[str, Any]:
    """As docs/api.md tells: make a task, sent twice with one key; complete it; find it among the done ones."""
    bearer, written = ("-H", f"Authorization: Bearer {token}"), ("-H", "Content-Type: application/json")
    new = json.dumps({"title": "Paint the fence", "status": "open", "due_on": "2026-05-01"})
    made = [asked(stage, "/api/v1/notes", *bearer, *written, "-H", "Idempotency-Key: fence", "-d", new) for _ in "12"]
    identifiers = {json.loads(body)["id"] for _, body in made}
    completing = f"/api/v1/tasks/{min(identifiers)}/status"
    completed = asked(stage, completing, *bearer, *written, "-d", '{"status": "done"}')
    listed = asked(stage, "/api/v1/tasks?status=done", *bearer)
    return {
        "answers": [status for status, _ in (*made, completed, listed)],
        "made": len(identifiers),
        "done": sorted(task["title"] for task in json.loads(listed[1])["items"]),
        "without a token": asked(stage, "/api/v1/tasks")[0],
    }


def figures(stage: Tasks) -> dict[str, dict[str, int]]:
    """Who gets figures and states: whoever is on an instance, and the world."""
    instance = stage.network[stage.network.world.of("app")[0].name]
    status = ("curl", "-sS", "-o/dev/null", "-w%{http_code}")
    return {
        "on an instance": {path: int(instance.run(*status, f"127.0.0.1:5000{path}")) for path in HIDDEN},
        "in the world": {path: asked(stage, path)[0] for path in (*HIDDEN, *SPELLED)},
    }


def visitors(stage: Tasks) -> list[str]:
    """Whose addresses nginx on the instances wrote down, besides those of the load balancer's own checks."""
    lines = [
        json.loads(line)
        for instance in stage.network.world.of("app")
        for line in stage.network[instance.name].run("cat", "/var/log/nginx/access.log").splitlines()
    ]
    return sorted({line["client"] for line in lines if line["path"] != "/health"})


def direct(stage: Tasks) -> dict[str, Any]:
    """What the world tried besides the load balancer's two ports, and what of it was answered."""
    targets = [
        (host.name, str(address), port)
        for host in stage.network.world.hosts.values()
        for address in {host.address, host.public or host.address}
        for port in (22, 80, 443, 3306, 5000)
        if (address, port) not in {(host.public, 80), (host.public, 443)}
    ]
    answers = stage.network["world"].ask(sys.executable, PROBE, question=[target[1:] for target in targets])
    return {"tried": len(targets), "answered": [t for t, answer in zip(targets, answers, strict=True) if answer]}


def image_without_a_gateway(stage: Tasks) -> dict[str, Any]:
    """What an instance learns from Systems Manager, through its endpoint, while the NAT gateway forwards nothing."""
    (gateway,) = (stage.network[name] for name in stage.network.world.nats)
    (instance, *_) = (host.name for host in stage.network.world.of("app"))
    command = ["ssm", "get-parameter", "--name", stage.instances.parameter, "--query", "Parameter.Value"]
    environ = stage.instances.environ() | {"AWS_DEFAULT_REGION": stage.cloud.region}
    gateway.run("sysctl", "-qw", "net.ipv4.ip_forward=0")
    try:
        return {
            "digest": stage.network[instance].run("aws", *command, "--output", "text", env=environ).strip(),
            "another way out": reaches(stage.network, instance, stage.network.outside["aws"], 443),
        }
    finally:
        gateway.run("sysctl", "-qw", "net.ipv4.ip_forward=1")


def pooled(stage: Tasks, token: str) -> dict[str, int]:
    """Connections to the database by instance, the most that were seen while sixty asked at once."""
    command = [
        "curl",
        "-sS",
        "-Z",
        "--parallel-max",
        "60",
        "--cacert",
        stage.network.home / "ca.pem",
        "-o",
        "/dev/null",
    ]
    asking = [*command, "-H", f"Authorization: Bearer {token}", f"{stage.site}/api/v1/tasks?limit=[1-100]"]
    process = stage.network["world"].start(*asking, log="many", environ=os.environ)
    most: dict[str, int] = {}
    while process.poll() is None or not most:
        for address, count in connections(stage).items():
            most[address] = max(most.get(address, 0), count)
    return most


def connections(stage: Tasks) -> dict[str, int]:
    counted = "SELECT SUBSTRING_INDEX(host, ':', 1), COUNT(*) FROM information_schema.processlist"
    rows = stage.database.sql(f"{counted} WHERE user = 'app' GROUP BY 1").splitlines()
    return {address: int(count) for address, count in (row.split("\t") for row in rows)}


def instance_killed(stage: Tasks, ledger: Ledger) -> None:
    (victim, *_) = stage.network.world.of("app")
    stage.instances.lose(victim.name)
    ledger.mark(f"{victim.name} gone")
    time.sleep(GROUP_NOTICES)
    started = stage.instances.replace(victim.name)
    ledger.mark(f"{started.name} in its place")


def zone_cut_off(stage: Tasks, ledger: Ledger) -> None:
    """The zone of the primary and the NAT gateway, and of half of everything else."""
    primary = stage.database.primary
    zone = stage.network.world.zone(primary)
    there = balancer_in(stage, zone)
    with cut_off(stage, ledger, zone):
        if reaches(stage.network, "world", there.public, stage.balancer.listener):
            raise AssertionError(f"{zone} is not cut off")
        time.sleep(DNS_NOTICES)
        stage.balancer.withdraw(there)
        ledger.mark("its address gone from DNS")
        stage.database.promote()
        ledger.mark(f"{stage.database.primary.name} promoted")
        wait_for_health_checks(stage, ledger, zone)
        served = time.time()
        wait_until(lambda: ledger.all_well_since(served), "everybody to be served by what is left", 60)
        ledger.mark("everybody served")
    # Time for the instance that is back to write to the former primary, if that still took anything.
    time.sleep(CALM)
    stage.database.rejoin(primary)
    ledger.mark(f"{primary.name} is the standby")


def instance_refresh(stage: Tasks, ledger: Ledger) -> None:
    """As the pipeline releases: the schema by the new image, then the parameter, then the instances."""
    digest = f"sha256:{'b' * 64}"
    stage.instances.push(digest, schema_change.release(stage.network.home / "release", "weather"))
    stage.instances.run_image("migrate", digest)
    ledger.mark("schema expanded")
    before = {instance.name for instance in stage.network.world.of("app")}
    stage.instances.refresh(digest)
    ledger.mark("old instances gone")
    if before & {instance.name for instance in stage.network.world.of("app")}:
        raise AssertionError("an old instance is still there")


FAULTS = {
    "instance-killed": Fault(instance_killed, "half of the requests fail until the group notices; no write is lost"),
    "zone-cut-off": Fault(
        zone_cut_off, "nobody is served until the standby is promoted, half until the health checks notice"
    ),
    "instance-refresh": Fault(instance_refresh, "nobody notices"),
    "database-failover": Fault(
        database_failover, "requests fail until the name leads to the standby; no write is lost"
    ),
}
PARTS: dict[str, Callable[[Tasks], dict[str, Any]]] = {"story": story} | {
    name: partial(suffered, name, fault) for name, fault in FAULTS.items()
}

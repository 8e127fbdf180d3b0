"""The task manager as it is used, by a browser and by a program, and what happens to its instances."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from rehearsal import expansion
from rehearsal.faults import Fault, database_failover, reaches, suffered
from rehearsal.ledger import Ledger
from rehearsal.matrix import PROBE
from rehearsal.namespaces import ROOT
from rehearsal.stage import Tasks

# The group looks after its instances about once a minute; here it must be told.
GROUP_NOTICES = 60.0
HIDDEN = ("/metrics", "/pool-stats", "/health", "/readyz")
# Other spellings of what the load balancer hides: it compares letters, nginx reads them.
SPELLED = ("/%6detrics", "//metrics", "/metrics/", "/./pool-stats", "/POOL-STATS")


def story(stage: Tasks) -> dict[str, Any]:
    """Every sentence was tried."""
    visit = browse(stage)
    token = visit.pop("token")
    visit["connections"] = pooled(stage, token)
    for act in (plan_by_program, keep_figures, refuse, use_private_door):
        visit["told"].append(act(stage, token))
    return visit


def browse(stage: Tasks) -> dict[str, Any]:
    """The browser's part."""
    pictures, host = stage.network.home / "pictures", stage.network["world"]
    pictures.mkdir(exist_ok=True)
    host.run("mkdir", "-p", "/tmp/planner")
    environ = os.environ | {"HOME": "/tmp/planner", "PYTHONPATH": f"{ROOT}:{ROOT}/tests"}
    script = Path(__file__).with_name("planner.py")
    found: dict[str, Any] = host.ask(
        sys.executable, script, stage.network.home / "ca.pem", pictures, question=None, env=environ
    )
    return found


def asked(stage: Tasks, path: str, *options: str) -> tuple[int, str]:
    """Status and body of what curl gets in the world."""
    command = ["curl", "-sS", "--path-as-is", "-m30", "--cacert", stage.network.home / "ca.pem", "-w", "\n%{http_code}"]
    body, _, status = stage.network["world"].run(*command, *options, stage.site + path).rpartition("\n")
    return int(status), body


def plan_by_program(stage: Tasks, token: str) -> str:
    """As docs/api.md tells: make a task, sent twice; complete it; find it among the done ones."""
    bearer, written = ("-H", f"Authorization: Bearer {token}"), ("-H", "Content-Type: application/json")
    new = json.dumps({"title": "Paint the fence", "status": "open", "due_on": "2026-05-01"})
    made = [asked(stage, "/api/v1/notes", *bearer, *written, "-H", "Idempotency-Key: fence", "-d", new) for _ in "12"]
    (identifier,) = {json.loads(body)["id"] for _, body in made}
    completed, _ = asked(stage, f"/api/v1/tasks/{identifier}/status", *bearer, *written, "-d", '{"status": "done"}')
    _, listed = asked(stage, "/api/v1/tasks?status=done", *bearer)
    titles = sorted(task["title"] for task in json.loads(listed)["items"])
    nobody, _ = asked(stage, "/api/v1/tasks")
    found = ([status for status, _ in made], completed, titles, nobody)
    if found != ([201, 201], 200, ["Paint the fence", "Water the seedlings"], 401):
        raise AssertionError(found)
    return "A program made a task by the API, twice with one key, which made one, and completed it."


def keep_figures(stage: Tasks, _token: str) -> str:
    """Figures are there on an instance, and nowhere else."""
    instance = stage.network[stage.network.world.of("app")[0].name]
    near = [instance.run("curl", "-sS", "-o/dev/null", "-w%{http_code}", f"127.0.0.1:5000{path}") for path in HIDDEN]
    far = [asked(stage, path)[0] for path in (*HIDDEN, *SPELLED)]
    if set(near) != {"200"} or set(far) != {404}:
        raise AssertionError((near, far))
    return "Figures and states are on the instances, and not to be had from the internet."


def refuse(stage: Tasks, _token: str) -> str:
    """No direct way: every attempt runs into its timeout."""
    targets = [
        (str(address), port)
        for host in stage.network.world.hosts.values()
        for address in {host.address, host.public or host.address}
        for port in (22, 80, 443, 3306, 5000)
        if (address, port) not in {(host.public, 80), (host.public, 443)}
    ]
    if any(stage.network["world"].ask(sys.executable, PROBE, question=targets)):
        raise AssertionError("the world reached more than the load balancer")
    return "Instances, their nginx and the database cannot be reached from the world: silence."


def use_private_door(stage: Tasks, _token: str) -> str:
    """Without the NAT gateway, an instance still asks which image is in service."""
    (gateway,) = (stage.network[name] for name in stage.network.world.nats)
    (instance, *_) = (host.name for host in stage.network.world.of("app"))
    command = ["ssm", "get-parameter", "--name", stage.instances.parameter, "--query", "Parameter.Value"]
    environ = stage.instances.environ() | {"AWS_DEFAULT_REGION": stage.cloud.region}
    gateway.run("sysctl", "-qw", "net.ipv4.ip_forward=0")
    try:
        digest = stage.network[instance].run("aws", *command, "--output", "text", env=environ).strip()
        if not digest.startswith("sha256:") or reaches(stage.network, instance, stage.network.outside["aws"], 443):
            raise AssertionError(f"{digest}, or another way out")
    finally:
        gateway.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
    return "Systems Manager is reached through its endpoint: also without the NAT gateway."


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


def instance_refresh(stage: Tasks, ledger: Ledger) -> None:
    """As the pipeline releases: the schema by the new image, then the parameter, then the instances."""
    digest = f"sha256:{'b' * 64}"
    stage.instances.push(digest, expansion.release(stage.network.home / "release", "weather"))
    stage.instances.run_image("migrate", digest)
    ledger.mark("schema expanded")
    before = {instance.name for instance in stage.network.world.of("app")}
    stage.instances.refresh(digest)
    ledger.mark("old instances gone")
    if before & {instance.name for instance in stage.network.world.of("app")}:
        raise AssertionError("an old instance is still there")


FAULTS = {
    "instance-killed": Fault(instance_killed, "half of the requests fail until the group notices; no write is lost"),
    "instance-refresh": Fault(instance_refresh, "nobody notices"),
    "database-failover": Fault(
        database_failover, "requests fail until the name leads to the standby; no write is lost"
    ),
}
PARTS: dict[str, Callable[[Tasks], dict[str, Any]]] = {"story": story} | {
    name: partial(suffered, name, fault) for name, fault in FAULTS.items()
}

"""What stands in a world, as plain data for the report."""

from __future__ import annotations

from typing import Any

from rehearsal.components.stacks import Stage
from rehearsal.model.topology import World


def described(staged: Stage) -> dict[str, Any]:
    world = staged.network.world
    container = staged.service.state.container()
    return {
        "network": str(world.network),
        "subnets": [_subnet(world, subnet) for subnet in sorted(world.subnets, key=lambda s: world.subnets[s].name)],
        "outside": {name: str(address) for name, address in staged.network.outside.items()},
        "site": staged.front.name,
        "container": {key: container[key] for key in ("image", "portMappings", "environment", "readonlyRootFilesystem")}
        | {"secrets": [secret["name"] for secret in container["secrets"]]},
        "targets": staged.balancer.targets(),
        "health": {task.name: _health(staged, str(task.address)) for task in world.of("app")},
    }


def _subnet(world: World, identifier: str) -> dict[str, Any]:
    subnet = world.subnets[identifier]
    here = [host for host in [*world.nats.values(), *world.hosts.values()] if host.subnet == identifier]
    return {
        "name": subnet.name,
        "zone": subnet.zone,
        "network": str(subnet.network),
        "public": subnet.public,
        "routes": {str(destination): way for destination, way in subnet.routes.items()},
        "hosts": [
            {"name": h.name, "role": h.role, "address": str(h.address), "public": str(h.public or "")} for h in here
        ],
    }


def _health(staged: Stage, address: str) -> dict[str, str]:
    """What the probes of a task say to the load balancer."""
    near = staged.network.world.of("balancer")[0].name
    command = ["curl", "-s", "-m5", "-w", " %{http_code}"]
    return {
        path: staged.network[near].run(*command, f"http://{address}:5000{path}").strip()
        for path in ("/livez", "/health")
    }

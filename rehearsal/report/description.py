"""Description of a running composition, as plain data for the report."""

from __future__ import annotations

from typing import Any

from rehearsal.components.stacks import ThreeTierStack
from rehearsal.model.topology import Subnet, Topology


def describe(stack: ThreeTierStack) -> dict[str, Any]:
    topology = stack.network.topology
    container = stack.service.state.container()
    return {
        "network": str(topology.network),
        "subnets": [_subnet(topology, subnet) for subnet in sorted(topology.subnets.values(), key=lambda s: s.name)],
        "outside": {name: str(address) for name, address in stack.network.outside.items()},
        "site": stack.nginx.name,
        "container": {key: container[key] for key in ("image", "portMappings", "environment", "readonlyRootFilesystem")}
        | {"secrets": [secret["name"] for secret in container["secrets"]]},
        "targets": stack.balancer.targets(),
        "health": {task.name: _health(stack, str(task.address)) for task in topology.of("app")},
    }


def _subnet(topology: Topology, subnet: Subnet) -> dict[str, Any]:
    here = [host for host in [*topology.nats.values(), *topology.hosts.values()] if host.subnet == subnet.id]
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


def _health(stack: ThreeTierStack, address: str) -> dict[str, str]:
    """What the probes of a task say to the load balancer."""
    near = stack.network.topology.of("balancer")[0].name
    command = ["curl", "-s", "-m5", "-w", " %{http_code}"]
    return {
        path: stack.network[near].run(*command, f"http://{address}:5000{path}").strip()
        for path in ("/livez", "/health")
    }

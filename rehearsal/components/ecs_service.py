"""The app's tasks, and what ECS does with them: start, register, drain, stop."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from rehearsal.components.aws_services import Cloud
from rehearsal.components.load_balancer import Balancer
from rehearsal.model.state import State
from rehearsal.model.topology import Host
from rehearsal.network.namespaces import ROOT, Namespace
from rehearsal.network.network import Network
from rehearsal.network.processes import end, listening

# Longer than any request here takes; AWS waits for the target group's deregistration delay.
DRAIN = 5.0


class Service:
    def __init__(
        self,
        network: Network,
        state: State,
        cloud: Cloud,
        balancer: Balancer | None = None,
        bundle: Path | None = None,
    ) -> None:
        self.network, self.state, self.cloud, self.balancer, self.bundle = network, state, cloud, balancer, bundle
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def environ(self, container: dict[str, Any]) -> dict[str, str]:
        """The environment of the task definition with its secrets, on what the image and Fargate bring."""
        given = {entry["name"]: entry["value"] for entry in container["environment"]}
        given |= {entry["name"]: self.cloud.secrets[entry["valueFrom"]] for entry in container["secrets"]}
        path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
        return {"PATH": path, "HOME": "/tmp", "FLASK_APP": "crudapp", **self.cloud.environ(), **given}

    def step(self, name: str, source: Path = ROOT) -> None:
        """Run a step of a release to its end, as a task of its own."""
        container, like = self.state.container(f"-{name}"), self.network.world.of("app")[0]
        task = self.network.world.add("app", like.subnet, like.groups)
        host = self._prepared(self.network.add(task), container)
        host.run("env", "-C", source, *container["command"], env=self.environ(container))
        self.network.remove(task.name)

    def start(self, task: Host, source: Path = ROOT) -> None:
        """Run a task and let the load balancer know it as soon as it answers."""
        container = self.state.container()
        host = self._prepared(self.network[task.name], container)
        command = ["env", "-C", source, sys.executable, "-m", "gunicorn", "crudapp:app"]
        process = host.start(*command, log="app", environ=self.environ(container))
        listening(host, 5000, process)
        self.processes[task.name] = process
        if self.balancer:
            self.balancer.register(task)

    def stop(self, task: str) -> None:
        """SIGTERM, and what ECS grants after it."""
        end(self.processes.pop(task), seconds=self.state.container()["stopTimeout"])

    def lose(self, task: str) -> None:
        """Kill all of it at once; what ECS does once it noticed is replace()."""
        del self.processes[task]
        self.network[task].run("sh", "-c", "kill -KILL -1")

    def replace(self, task: str, source: Path = ROOT) -> Host:
        """Take a lost task from the load balancer and start another in its place."""
        gone = self.network.world.hosts[task]
        if self.balancer:
            self.balancer.deregister(task)
        self.network.remove(task)
        return self.launch(gone, source)

    def launch(self, like: Host, source: Path = ROOT) -> Host:
        """Start one more task, in the subnet of another."""
        task = self.network.world.add("app", like.subnet, like.groups)
        self.network.add(task)
        self.start(task, source)
        return task

    def roll(self, balancer: Balancer, source: Path) -> None:
        """A new release: its tasks first, then the end of the old ones, as the service's percentages say."""
        old = self.network.world.of("app")
        for task in old:
            self.launch(task, source)
        for task in old:
            balancer.drain(task.name)
        time.sleep(DRAIN)
        for task in old:
            balancer.deregister(task.name)
            self.stop(task.name)
            self.network.remove(task.name)

    def _prepared(self, host: Namespace, container: dict[str, Any]) -> Namespace:
        for entry in container["environment"]:
            if entry["name"] == "DATABASE_CA" and self.bundle:
                host.write(entry["value"], self.bundle.read_text())
        return host

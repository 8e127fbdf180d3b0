"""ECS service: the app's tasks, and what ECS does with them: start, register, drain, stop."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from devtools.processes import ROOT
from rehearsal import in_host
from rehearsal.components.aws_services import AwsServices
from rehearsal.components.load_balancer import LoadBalancer
from rehearsal.model.state import State
from rehearsal.model.topology import Host
from rehearsal.network.namespaces import Namespace
from rehearsal.network.network import Network
from rehearsal.network.processes import stop, wait_until_listening

CLI = in_host.FOLDER / "aws_cli.py"
# Longer than any request here takes; AWS waits for the target group's deregistration delay.
DRAIN = 5.0


class EcsService:
    def __init__(
        self,
        network: Network,
        state: State,
        aws: AwsServices,
        balancer: LoadBalancer | None = None,
        bundle: Path | None = None,
    ) -> None:
        self.network, self.state, self.aws, self.balancer, self.bundle = network, state, aws, balancer, bundle
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def environ(self, host: Namespace, suffix: str = "") -> dict[str, str]:
        """The environment of the task definition with its secrets, on what the image and Fargate bring."""
        container, (execution, task) = self.state.container(suffix), self.state.task_roles(suffix)
        given = {entry["name"]: entry["value"] for entry in container["environment"]}
        given |= {entry["name"]: self._secret(host, execution, entry["valueFrom"]) for entry in container["secrets"]}
        path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
        image = {"PATH": path, "HOME": "/tmp", "FLASK_APP": "crudapp", "BIND": "0.0.0.0"}
        return {**image, **self.aws.environ(task), **given}

    def _secret(self, host: Namespace, role: str, arn: str) -> str:
        """What Fargate's agent asks for on the task's interface, with the role that ECS starts the task with."""
        environ = self.aws.environ(role) | {"AWS_DEFAULT_REGION": self.aws.region}
        command = (sys.executable, CLI, "secretsmanager", "get-secret-value", "--secret-id", arn)
        found = host.run(*command, "--query", "SecretString", "--output", "text", env=environ)
        return str(found).removesuffix("\n")

    def run_release_step(self, name: str, source: Path = ROOT) -> None:
        """Run a step of a release to its end, as a task of its own."""
        suffix, like = f"-{name}", self.network.topology.of("app")[0]
        container = self.state.container(suffix)
        task = self.network.topology.add("app", like.subnet, like.groups)
        host = self._with_bundle(self.network.add(task), container)
        host.run("env", "-C", source, *container["command"], env=self.environ(host, suffix))
        self.network.remove(task.name)

    def execute(self, task: str, command: str) -> str:
        """What somebody runs in a task by ECS Exec."""
        host = self.network[task]
        return host.run("env", "-C", ROOT, "sh", "-c", command, env=self.environ(host))

    def start(self, task: Host, source: Path = ROOT) -> None:
        """Run a task and let the load balancer know it as soon as it answers."""
        container = self.state.container()
        host = self._with_bundle(self.network[task.name], container)
        command = ["env", "-C", source, sys.executable, "-m", "gunicorn", "crudapp:app"]
        process = host.start(*command, log="app", environ=self.environ(host))
        wait_until_listening(host, 5000, process)
        self.processes[task.name] = process
        if self.balancer:
            self.balancer.register(task)

    def stop(self, task: str) -> None:
        """SIGTERM, and what ECS grants after it."""
        stop(self.processes.pop(task), seconds=self.state.container()["stopTimeout"])

    def kill(self, task: str) -> None:
        """Kill all of it at once; what ECS does once it noticed is replace()."""
        del self.processes[task]
        self.network[task].run("sh", "-c", "kill -KILL -1")

    def replace(self, task: str, source: Path = ROOT) -> Host:
        """Take a lost task from the load balancer and start another in its place."""
        gone = self.network.topology.hosts[task]
        if self.balancer:
            self.balancer.deregister(task)
        self.network.remove(task)
        return self.launch(gone, source)

    def launch(self, like: Host, source: Path = ROOT) -> Host:
        """Start one more task, in the subnet of another."""
        task = self.network.topology.add("app", like.subnet, like.groups)
        self.network.add(task)
        self.start(task, source)
        return task

    def roll(self, balancer: LoadBalancer, source: Path) -> None:
        """A new release: its tasks first, then the end of the old ones, as the service's percentages say."""
        old = self.network.topology.of("app")
        for task in old:
            self.launch(task, source)
        for task in old:
            balancer.drain(task.name)
        time.sleep(DRAIN)
        for task in old:
            balancer.deregister(task.name)
            self.stop(task.name)
            self.network.remove(task.name)

    def _with_bundle(self, host: Namespace, container: dict[str, Any]) -> Namespace:
        for entry in container["environment"]:
            if entry["name"] == "DATABASE_CA" and self.bundle:
                host.write(entry["value"], self.bundle.read_text())
        return host

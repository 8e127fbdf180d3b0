"""The app's tasks, and what ECS does with them: start, register, drain, stop."""

from __future__ import annotations

import secrets
import subprocess
import sys
from pathlib import Path

from rehearsal.balancer import Balancer
from rehearsal.database import Database
from rehearsal.namespaces import ROOT, Namespace
from rehearsal.network import Network
from rehearsal.processes import end, listening
from rehearsal.state import State
from rehearsal.world import Host


class Service:
    def __init__(self, network: Network, state: State, database: Database, balancer: Balancer) -> None:
        self.network, self.state, self.database, self.balancer = network, state, database, balancer
        # What ECS would fetch from Secrets Manager by the names in the task definition.
        self.secrets = {"SECRET_KEY": secrets.token_hex(32), "DATABASE_PASSWORD": database.password}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def environ(self, container: dict[str, object]) -> dict[str, str]:
        """The environment of the task definition, on what the image brings."""
        given = {entry["name"]: entry["value"] for entry in container["environment"]}  # type: ignore[attr-defined]
        return {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": "/tmp", **given, **self.secrets}

    def release(self, source: Path = ROOT) -> None:
        """Change the schema, as a task of its own."""
        container = self.state.container("-release")
        task = self.network.world.of("app")[0]
        host = self._prepared(self.network[task.name])
        host.run("env", "-C", source, *container["command"], env={**self.environ(container), "FLASK_APP": "crudapp"})

    def start(self, task: Host, source: Path = ROOT) -> None:
        """Run a task and let the load balancer know it as soon as it answers."""
        host = self._prepared(self.network[task.name])
        command = ["env", "-C", source, sys.executable, "-m", "gunicorn", "crudapp:app"]
        process = host.start(*command, log="app", environ=self.environ(self.state.container()))
        listening(host, 5000, process)
        self.processes[task.name] = process
        self.balancer.register(task)

    def stop(self, task: str) -> None:
        """SIGTERM, and what ECS grants after it."""
        end(self.processes.pop(task), seconds=self.state.container()["stopTimeout"])

    def _prepared(self, host: Namespace) -> Namespace:
        bundle = {entry["name"]: entry["value"] for entry in self.state.container()["environment"]}["DATABASE_CA"]
        host.write(bundle, self.database.bundle.read_text())
        return host

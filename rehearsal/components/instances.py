"""The instances with nginx and the app, as their user data sets them up, and what their auto scaling group does."""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from devtools.processes import ROOT
from rehearsal import in_host
from rehearsal.components.aws_services import AwsServices
from rehearsal.components.database import Database
from rehearsal.components.ecs_service import DRAIN
from rehearsal.components.load_balancer import LoadBalancer
from rehearsal.model.state import State
from rehearsal.model.topology import Host
from rehearsal.network.namespaces import Namespace, run
from rehearsal.network.network import Network
from rehearsal.network.processes import stop, wait_until_listening

PROGRAMS = "/run/bin"  # /usr/local/bin and /snap are this machine's
STAND_INS = {"aws": "aws_cli.py", "podman": "podman.py"}
# run-image empties this folder, and a checkout below it would be seen by the instances, too.
EMPTIED = Path("/srv/notes")


class Instances:
    def __init__(
        self, network: Network, state: State, aws: AwsServices, balancer: LoadBalancer, database: Database
    ) -> None:
        if EMPTIED in (ROOT, *ROOT.parents):
            raise RuntimeError(f"The instances empty {EMPTIED}: a checkout there cannot rehearse the task manager.")
        self.network, self.state, self.aws, self.balancer, self.database = network, state, aws, balancer, database
        self.registry = network.home / "registry"
        self.registry.mkdir()
        self.running: dict[str, list[subprocess.Popen[bytes]]] = {}
        ((self.parameter, digest),) = state.parameters().items()
        self.push(digest, ROOT)
        first, *others = network.topology.of("app")
        self._set_up(first)
        # As on AWS, the others do not wait for the first release; it is only their load balancer that does.
        with ThreadPoolExecutor() as pool:
            starting = [pool.submit(self._start, instance) for instance in others]
            for name in ("users", "migrate"):
                self.run_image(name)
            self._serve(first)
            for start in starting:
                start.result()
        for instance in network.topology.of("app"):
            balancer.register(instance)

    def push(self, digest: str, source: Path) -> None:
        """An image in the registry: its files, and the static ones that are made when it is built."""
        (self.registry / digest).symlink_to(source)
        run(sys.executable, source / "nginx" / "export-static", self.registry / f"{digest}.static")

    def run_image(self, name: str, digest: str = "") -> str:
        """What the operator or the pipeline does on an instance through Session Manager."""
        host = self.network[self.network.topology.of("app")[0].name]
        return host.run("run-image", name, env=self.environ() | ({"DIGEST": digest} if digest else {}))

    def execute(self, instance: str, command: str) -> str:
        """What somebody runs beside the app on an instance through Session Manager."""
        return self.network[instance].run("podman", "exec", "app", "sh", "-c", command, env=self.environ())

    def launch(self, like: Host) -> Host:
        """One more instance, in the subnet of another."""
        instance = self.network.topology.add("app", like.subnet, like.groups)
        self.network.add(instance)
        self._start(instance)
        self.balancer.register(instance)
        return instance

    def kill(self, name: str) -> None:
        """The machine is gone, and nothing else has noticed."""
        self.network[name].stop()

    def replace(self, name: str) -> Host:
        """What the group does once it noticed."""
        gone = self.network.topology.hosts[name]
        self.balancer.deregister(name)
        self.network.remove(name)
        return self.launch(gone)

    def refresh(self, digest: str) -> None:
        """Another image in service: new instances first, then the end of the old, as the group's percentages say."""
        self.aws.fill({"parameters": {self.parameter: digest}})
        old = self.network.topology.of("app")
        for instance in old:
            self.launch(instance)
        for instance in old:
            self.balancer.drain(instance.name)
        time.sleep(DRAIN)
        for instance in old:
            self.balancer.deregister(instance.name)
            for process in self.running.pop(instance.name):
                stop(process)
            self.network.remove(instance.name)

    def environ(self) -> dict[str, str]:
        """Of whatever systemd or Session Manager starts, and where the stand-ins find what they stand for."""
        path = f"{PROGRAMS}:/usr/sbin:/usr/bin:/sbin:/bin"
        return {
            "PATH": path,
            "HOME": "/tmp",
            "REGISTRY": str(self.registry),
            **self.aws.environ(self.state.instance_role("app")),
        }

    def _start(self, instance: Host) -> None:
        self._set_up(instance)
        self._serve(instance)

    def _set_up(self, instance: Host) -> None:
        """The user data, without what it installs."""
        host = self.network[instance.name]
        host.write("/etc/app/environment", self.state.heredoc("app", "ENVIRONMENT"))
        self._install(host, "run-image", self.state.heredoc("app", "SCRIPT").replace("/snap/bin/aws", "aws"))
        for name, file in STAND_INS.items():
            script = in_host.FOLDER / file
            self._install(host, name, f'#!/bin/sh\nexec {shlex.join([sys.executable, str(script)])} "$@"\n')
        host.write(self._bundle_in_the_image(), self.database.bundle.read_text())
        host.run(ROOT / "nginx" / "render", *self.state.arguments("app", "render"))
        host.run("nginx", "-t", env=self.environ())

    def _serve(self, instance: Host) -> None:
        host = self.network[instance.name]
        app = host.start("run-image", "app", log="app", environ=self.environ())
        nginx = host.start("nginx", "-g", "daemon off;", log="nginx", environ=self.environ())
        self.running[instance.name] = [nginx, app]
        wait_until_listening(host, 80, nginx)
        wait_until_listening(host, 5000, app)

    def _bundle_in_the_image(self) -> str:
        settings = dict(line.split("=", 1) for line in self.state.heredoc("app", "ENVIRONMENT").splitlines())
        return settings["DATABASE_CA"]

    def _install(self, host: Namespace, name: str, text: str) -> None:
        host.write(f"{PROGRAMS}/{name}", text)
        host.run("chmod", "+x", f"{PROGRAMS}/{name}")

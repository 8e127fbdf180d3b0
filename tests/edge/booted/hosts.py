"""Host that boots: a container whose first process is systemd, with the network and the metadata of an instance."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from devtools.processes import wait_until
from edge.booted.surroundings import VPC_RESOLVER, Surroundings
from edge.images import run
from edge.systemd_container import OPTIONS, Container
from rehearsal.network.namespaces import Namespace

FILES = Path(__file__).parent / "files"
BUNDLE = "etc/ssl/certs/ca-certificates.crt"
OWN_CERTIFICATES = "usr/local/share/ca-certificates/stand-ins.crt"
SECONDS = 400  # a first start on a busy machine


class BootedHost(Container):
    def __init__(self, surroundings: Surroundings, network: Namespace, image: str) -> None:
        namespace = f"--network=ns:/proc/{network.init}/ns/net"
        super().__init__(
            run(
                "podman",
                "create",
                *OPTIONS,
                namespace,
                "--volume=/var/lib/containers",
                f"--dns={VPC_RESOLVER}",
                image,
                "/sbin/init",
            )
        )
        files = surroundings.home / f"{network.name}-files"
        shutil.copytree(FILES, files)
        self._trust(files, surroundings.certificates())
        run("podman", "cp", f"{files}/.", f"{self.name}:/")

    def power_on(self) -> None:
        run("podman", "start", self.name)

    def wait_until_started(self) -> None:
        """Return when systemd has nothing left to start: when cloud-init has ended, too."""
        wait_until(self.is_running, "systemd", SECONDS)

    def reboot(self) -> None:
        subprocess.run(["podman", "exec", self.name, "systemctl", "reboot"], check=False, capture_output=True)
        wait_until(lambda: not self._is_up(), "the machine to go down", 120)
        self.power_on()
        self.wait_until_started()

    def failed_units(self) -> list[str]:
        lines = self.shell("systemctl list-units --state=failed --plain --no-legend").splitlines()
        return [line.split()[0] for line in lines]

    def output(self) -> str:
        """What the user data printed."""
        return self.shell("cat /var/log/cloud-init-output.log || true")

    def complaints(self) -> str:
        """What the units that failed said, cloud-init's own words, and what the user data printed."""
        failed = " ".join(f"--unit={unit}" for unit in self.failed_units())
        said = self.shell(f"journalctl --no-pager --lines=40 {failed}") if failed else "No unit failed."
        return f"{said}\n{self.errors()}\n{self.output()}"

    def errors(self) -> str:
        """What cloud-init says of itself."""
        return self.shell("cloud-init status --format json || true")

    def unit(self, name: str, what: str) -> str:
        """A property of a unit, as systemd calls it."""
        return self.shell(f"systemctl show --property {what} --value {name}")

    def answers_port(self, port: int) -> bool:
        return self.shell(f"(exec 3<> /dev/tcp/127.0.0.1/{port}) 2> /dev/null && echo yes || true") == "yes"

    def fingerprint(self) -> list[str]:
        """Settings, programs and enabled units of the host."""
        files = "find /etc /opt /usr/local -type f -not -name resolv.conf -exec sha256sum {} +"
        return sorted(self.shell(f"{files}; systemctl list-unit-files --state=enabled --no-legend").splitlines())

    def _is_up(self) -> bool:
        return run("podman", "inspect", "--format", "{{.State.Running}}", self.name) == "true"

    def _trust(self, files: Path, certificates: str) -> None:
        for path in (BUNDLE, OWN_CERTIFICATES):
            (files / path).parent.mkdir(parents=True, exist_ok=True)
        run("podman", "cp", f"{self.name}:/{BUNDLE}", files / BUNDLE)
        (files / OWN_CERTIFICATES).write_text(certificates)
        with (files / BUNDLE).open("a") as bundle:
            bundle.write(certificates)

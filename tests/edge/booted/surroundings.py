"""Surroundings of a booted host: AWS, the internet with names, packages and an ACME server, and how it reaches them."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from devtools import instance_metadata
from devtools.processes import ROOT
from devtools.tls import create_certificate
from edge.booted.user_data import REGION
from rehearsal.components.acme_server import NAME as ACME
from rehearsal.components.acme_server import AcmeServer
from rehearsal.network.namespaces import Namespace, create_namespace, run
from rehearsal.network.network import OUTSIDE
from rehearsal.network.processes import wait_until_listening

PACKAGES = "198.51.100.90"
METADATA, VPC_RESOLVER = "169.254.169.254", "169.254.169.253"
RESOLVER = OUTSIDE["resolver"]  # in the internet
NAMES = {
    "packages.test": PACKAGES,
    ACME: str(OUTSIDE["acme"]),
    f"{REGION}.amazonaws.com": str(OUTSIDE["aws"]),
}
ENVIRON = os.environ | {
    "PYTHONPATH": f"{ROOT}:{ROOT}/tests",
    "AWS_ACCESS_KEY_ID": "aws",
    "AWS_SECRET_ACCESS_KEY": "emulated",
    "AWS_DEFAULT_REGION": REGION,
}


class Surroundings:
    """Two namespaces of this machine. A host is a third, whose network a container may have."""

    def __init__(self, home: Path, packages: Path, sites: dict[str, str]) -> None:
        """`packages` is the folder of the package server; `sites` are names that lead to hosts."""
        self.home, self.sign = home, home / "no-packages"
        self.instances = home / "instances"
        self.instances.mkdir()
        self.internet, self.aws = (create_namespace(name, home / name, RESOLVER) for name in ("internet", "aws"))
        for namespace, addresses in (
            (self.internet, [RESOLVER, VPC_RESOLVER, PACKAGES, OUTSIDE["acme"]]),
            (self.aws, [OUTSIDE["aws"], METADATA]),
        ):
            for address in addresses:
                namespace.run("ip", "address", "add", f"{address}/32", "dev", "lo")
        link((self.aws, "internet", "10.9.0.2/24"), (self.internet, "aws", "10.9.0.1/24"))
        self.aws.run("ip", "route", "add", "default", "via", "10.9.0.1")
        self._serve_names(NAMES | sites)
        self._serve_packages(packages)
        self.acme = AcmeServer(self.internet)
        self.registry = home / "registry"
        self._serve_aws(packages / "stand-ins")
        process = self.aws.start(
            sys.executable, instance_metadata.__file__, METADATA, self.instances, log="metadata", environ=ENVIRON
        )
        wait_until_listening(self.aws, 80, process)

    def certificates(self) -> str:
        """Authorities that a host must trust besides the usual ones: AWS's, and that of the ACME server's own API."""
        return (self.home / "certificate" / "fullchain.pem").read_text() + self.acme.bundle.read_text()

    def add_host(self, name: str, number: int) -> Namespace:
        """A network that reaches AWS and the internet; there it is 10.0.NUMBER.10."""
        host = create_namespace(name, self.home / name, RESOLVER)
        link((host, "eth0", f"10.0.{number}.10/24"), (self.internet, f"host{number}", f"10.0.{number}.1/24"))
        link((host, "eth1", f"10.1.{number}.10/24"), (self.aws, f"host{number}", f"10.1.{number}.1/24"))
        host.run("ip", "route", "add", "default", "via", f"10.0.{number}.1")
        for address in (METADATA, OUTSIDE["aws"]):
            host.run("ip", "route", "add", f"{address}/32", "via", f"10.1.{number}.1")
        return host

    def describe_instance(self, number: int, instance_id: str, role: str, user_data: bytes) -> None:
        """What the metadata service tells the host of that number."""
        address = f"10.1.{number}.10"
        tree = instance_metadata.metadata(instance_id, role, REGION, address)
        (self.instances / f"{address}.json").write_text(json.dumps(tree))
        (self.instances / f"{address}.user-data").write_bytes(user_data)

    def call(self, *calls: dict[str, Any]) -> list[Any]:
        """Answers of AWS to calls with service, operation and parameters."""
        environ = ENVIRON | {"AWS_CA_BUNDLE": f"{self.home}/certificate/fullchain.pem"}
        answers: list[Any] = self.aws.run_json(sys.executable, "-m", "edge.aws_of_hosts", question=calls, env=environ)
        return answers

    def answers_to_groups(self) -> dict[str, str]:
        """What each instance told its auto scaling group, by its id."""
        lines = [json.loads(line) for line in self.aws.log("aws").splitlines() if line.startswith("{")]
        return {line["InstanceId"]: line["LifecycleActionResult"] for line in lines}

    def holder_of_the_address(self) -> str | None:
        """The instance that has the fixed address, if any."""
        found: str | None = self.call(call("ec2", "describe_addresses"))[0]["Addresses"][0].get("InstanceId")
        return found or None

    def remove(self) -> None:
        for namespace in (self.aws, self.internet):
            namespace.stop()

    def _serve_names(self, names: dict[str, str]) -> None:
        """Each name leads, with all below it, to one address."""
        command = ["dnsmasq", "--no-daemon", "--no-resolv", "--no-hosts", "--user=root", "--pid-file="]
        command += ["--bind-interfaces", f"--listen-address={RESOLVER},{VPC_RESOLVER}", "--local=/#/"]
        command += [f"--address=/{name}/{address}" for name, address in names.items()]
        wait_until_listening(self.internet, 53, self.internet.start(*command, log="dnsmasq"))

    def _serve_packages(self, folder: Path) -> None:
        command = [sys.executable, "-m", "edge.package_server", folder, self.sign]
        wait_until_listening(self.internet, 80, self.internet.start(*command, log="packages", environ=ENVIRON))

    def _serve_aws(self, downloads: Path) -> None:
        certificate = self.home / "certificate"
        create_certificate(
            certificate, *(f"{start}{REGION}.amazonaws.com" for start in ("*.", "*.s3.", "*.ecr.", "*.dkr.ecr."))
        )
        files = [certificate / "fullchain.pem", certificate / "privkey.pem", downloads, self.registry]
        process = self.aws.start(sys.executable, "-m", "edge.aws_of_hosts", *files, log="aws", environ=ENVIRON)
        wait_until_listening(self.aws, 443, process)


def call(service: str, operation: str, **parameters: Any) -> dict[str, Any]:
    return {"service": service, "operation": operation, "parameters": parameters}


End = tuple[Namespace, str, str]  # in which namespace, the name of the interface there, its address


def link(one: End, other: End) -> None:
    """Connect two namespaces by a cable of their own."""
    (host, interface, _), (peer, its_interface, _) = one, other
    there = ["type", "veth", "peer", "name", its_interface, "netns", str(peer.init)]
    run("ip", "link", "add", "name", interface, "netns", str(host.init), *there)
    for namespace, name, address in (one, other):
        namespace.run("ip", "address", "add", address, "dev", name)
        namespace.run("ip", "link", "set", name, "up")

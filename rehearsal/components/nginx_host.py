"""Hosts of nginx, as their user data sets them up, with a certificate that certbot orders for all of them."""

from __future__ import annotations

import shlex
import sys
from ipaddress import IPv4Address

from devtools.processes import ROOT
from rehearsal import in_host
from rehearsal.components.acme_server import DIRECTORY, AcmeServer
from rehearsal.components.aws_services import AwsServices
from rehearsal.model.state import State
from rehearsal.model.topology import Host
from rehearsal.network.dns import NameServers
from rehearsal.network.network import Network
from rehearsal.network.processes import wait_until_listening

PROGRAMS = "/run/bin"  # the AWS CLI's stand-in


class NginxHosts:
    """One, or one in each of two zones, under one name."""

    def __init__(self, network: Network, names: NameServers, state: State, acme: AcmeServer, aws: AwsServices) -> None:
        self.network, self.names, self.acme, self.aws = network, names, acme, aws
        self.name, self.email, self.bucket = state.arguments("nginx", "certbot/keep")
        self.iam_role = state.instance_role("nginx")
        self.rendering = state.arguments("nginx", "render")
        self.aws.create_bucket(self.bucket)
        self.hosts = network.topology.of("nginx")
        for host in self.hosts:
            self._set_up(host)
        self.answer()

    @property
    def host(self) -> Host:
        """The first, or the only one."""
        return self.hosts[0]

    def answer(self, *silent: Host) -> None:
        """Let the name lead to all of them but those that Route 53 finds silent."""
        self.names.point(self.name, self._addresses(*(host for host in self.hosts if host not in silent)))

    def replace(self, subnet: str, lost: Host | None = None) -> Host:
        """Lose a host; another takes over."""
        lost = lost or self.host
        self.network.remove(lost.name)
        return self.take_over(subnet, lost)

    def take_over(self, subnet: str, lost: Host | None = None) -> Host:
        """Another host takes the public address of one, and the certificate, and orders nothing."""
        # If the former host still stands somewhere, it has no public address from here on: the last to take it has it.
        lost = lost or self.host
        host = self.network.topology.add("nginx", subnet, lost.groups, lost.public)
        self.network.add(host)
        self.hosts[self.hosts.index(lost)] = host
        self._set_up(host)
        return host

    def certificate_in_service(self, host: Host | None = None) -> str:
        """The serial number of the certificate that nginx serves."""
        return self.network[(host or self.host).name].run("readlink", "/etc/nginx/certificates/current").strip()

    def order_certificate(self) -> None:
        """Order the first certificate on one host, while the authority asks the last one; the others take it over."""
        self.names.point_outside(self.name, self._addresses(self.hosts[-1]))
        for host in self.hosts:
            self.keep(host)
        self.answer()

    def keep(self, host: Host, *options: str) -> None:
        """What the host's timer does."""
        script = ROOT / "nginx" / "certbot" / "keep"
        command = [script, self.name, self.email, self.bucket, "--server", DIRECTORY, *options]
        self.network[host.name].run(*command, env=self._environ())

    def _addresses(self, *hosts: Host) -> list[IPv4Address]:
        return [host.public for host in hosts if host.public]

    def _environ(self) -> dict[str, str]:
        return {
            "PATH": f"{PROGRAMS}:/usr/sbin:/usr/bin:/sbin:/bin",
            "REQUESTS_CA_BUNDLE": str(self.acme.bundle),
            "AWS_DEFAULT_REGION": self.aws.region,
            **self.aws.environ(self.iam_role),
        }

    def _set_up(self, host: Host) -> None:
        """The user data, without what it installs."""
        inside, environ = self.network[host.name], self._environ()
        stand_in = shlex.join([sys.executable, str(in_host.FOLDER / "s3_cli.py")])
        inside.write(f"{PROGRAMS}/aws", f'#!/bin/sh\nexec {stand_in} "$@"\n')
        inside.run("chmod", "+x", f"{PROGRAMS}/aws")
        inside.run(ROOT / "nginx" / "render", *self.rendering)
        inside.run(ROOT / "nginx" / "certbot" / "placeholder", self.name)
        inside.run("nginx", "-t", env=environ)
        process = inside.start("nginx", "-g", "daemon off;", log="nginx", environ=environ)
        wait_until_listening(inside, 443, process)
        inside.run(ROOT / "nginx" / "certbot" / "take-over", self.name, self.bucket, env=environ)

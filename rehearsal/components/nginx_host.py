"""Host of nginx, as its user data sets it up, with a certificate that certbot orders."""

from __future__ import annotations

from devtools.processes import ROOT
from rehearsal.components.acme_server import DIRECTORY, AcmeServer
from rehearsal.model.state import State
from rehearsal.network.dns import NameServers
from rehearsal.network.network import Network
from rehearsal.network.processes import wait_until_listening

PATH = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


class NginxHost:
    def __init__(self, network: Network, names: NameServers, state: State, acme: AcmeServer) -> None:
        self.network, self.acme = network, acme
        (self.name,) = state.arguments("nginx", "certbot/placeholder")
        self.rendering = state.arguments("nginx", "render")
        (self.host,) = network.topology.of("nginx")
        names.point(self.name, [address for address in [self.host.public] if address])
        self._serve()

    def _serve(self) -> None:
        host = self.network[self.host.name]
        host.run(ROOT / "nginx" / "render", *self.rendering)
        host.run(ROOT / "nginx" / "certbot" / "placeholder", self.name)
        host.run("nginx", "-t", env=PATH)
        process = host.start("nginx", "-g", "daemon off;", log="nginx", environ=PATH)
        wait_until_listening(host, 443, process)

    def save_certificate(self) -> None:
        """What the hook on the host does: the certificate goes where it outlives the host."""
        kept = self.network.home / "letsencrypt.tar"
        self.network[self.host.name].run("tar", "-C", "/", "-cf", kept, "etc/letsencrypt")

    def replace(self, subnet: str) -> None:
        """Lose the host; another takes over."""
        self.network.remove(self.host.name)
        self.take_over(subnet)

    def take_over(self, subnet: str) -> None:
        """Another host takes the public address and the certificate, and orders nothing."""
        # If the former host still stands somewhere, it has no public address from here on: the last to take it has it.
        self.host = self.network.topology.add("nginx", subnet, self.host.groups, self.host.public)
        host = self.network.add(self.host)
        host.run("tar", "-C", "/", "-xf", self.network.home / "letsencrypt.tar")
        self._serve()
        lineage = {"RENEWED_LINEAGE": f"/etc/letsencrypt/live/{self.name}"}
        host.run(ROOT / "nginx" / "certbot" / "deploy-hook", env=PATH | lineage)

    def certificate_in_service(self) -> str:
        """The serial number of the certificate that nginx serves."""
        link = self.network[self.host.name].run("readlink", "/etc/nginx/certificates/current")
        return link.strip()

    def order_certificate(self) -> str:
        """Order the first certificate."""
        host = self.network[self.host.name]
        command = [ROOT / "nginx" / "certbot" / "issue", self.name, f"owner@{self.name}", "--server", DIRECTORY]
        printed = host.run(*command, env={**PATH, "REQUESTS_CA_BUNDLE": str(self.acme.bundle)})
        self.save_certificate()
        return printed

"""ACME server in the internet, the authority of certificates: pebble, where Let's Encrypt would be."""

from __future__ import annotations

import json
from pathlib import Path

from devtools.tls import create_certificate
from rehearsal.network.namespaces import Namespace
from rehearsal.network.network import OUTSIDE
from rehearsal.network.processes import wait_until_listening

NAME = "acme.test"
DIRECTORY = f"https://{NAME}/dir"


class AcmeServer:
    def __init__(self, host: Namespace) -> None:
        self.host = host
        create_certificate(host.home / "api", NAME, "localhost")
        settings = {
            "listenAddress": "0.0.0.0:443",
            "managementListenAddress": "127.0.0.1:15000",
            "certificate": str(self.bundle),
            "privateKey": str(host.home / "api" / "privkey.pem"),
            "httpPort": 80,
            "tlsPort": 443,
        }
        (host.home / "pebble.json").write_text(json.dumps({"pebble": settings}))
        environ = {"PATH": "/usr/bin", "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"}
        command = ["pebble", "-config", str(host.home / "pebble.json"), "-dnsserver", f"{OUTSIDE['resolver']}:53"]
        process = host.start(*command, log="pebble", environ=environ)
        wait_until_listening(host, 443, process)
        wait_until_listening(host, 15000, process)

    @property
    def bundle(self) -> Path:
        """What a client of its API must trust."""
        return self.host.home / "api" / "fullchain.pem"

    def root(self) -> str:
        """The certificate that browsers must trust."""
        return self.host.run("curl", "-sS", "--cacert", self.bundle, "https://localhost:15000/roots/0")

    def orders(self) -> int:
        return self.host.log("pebble").count("Added order")

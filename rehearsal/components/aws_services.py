"""AWS's services where the tasks look for them: moto by its real names and TLS, holding the secrets of the state."""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from devtools.tls import create_certificate
from rehearsal import in_host
from rehearsal.model.state import SERVICES, State
from rehearsal.network.dns import Names
from rehearsal.network.network import OUTSIDE, Network
from rehearsal.network.processes import listening

FILL = in_host.FOLDER / "aws_content.py"


class Cloud:
    def __init__(self, network: Network, names: Names, state: State) -> None:
        self.host, self.region = network["aws"], state.region
        self.certificate, self.throttling = network.home / "aws", network.home / "throttling"
        create_certificate(self.certificate, f"*.{self.region}.amazonaws.com", f"*.ecr.{self.region}.amazonaws.com")
        for service in ("secretsmanager", "sts", "ssm", "api.ecr"):
            names.lead(f"{service}.{self.region}.amazonaws.com", [OUTSIDE["aws"]])
        for service, address in SERVICES.items():
            self.host.run("ip", "address", "add", f"{address}/32", "dev", "eth0")
            names.lead(f"{service}.{self.region}.amazonaws.com", [address])
        files = [self.certificate / "fullchain.pem", self.certificate / "privkey.pem", self.throttling]
        process = self.host.start(
            sys.executable, FILL.with_name("aws_server.py"), *files, log="moto", environ=os.environ
        )
        listening(self.host, 443, process)
        self.secrets = {arn: made(username) for arn, username in state.secrets().items()}
        secrets = {name_of(arn): value for arn, value in self.secrets.items()}
        self.fill({"secrets": secrets, "tables": state.tables(), "parameters": state.parameters()})

    def environ(self) -> dict[str, str]:
        """What a task or an instance has besides its settings: a role, and trust in Amazon."""
        return {
            "AWS_ACCESS_KEY_ID": "emulated",
            "AWS_SECRET_ACCESS_KEY": "emulated",
            "AWS_CA_BUNDLE": f"{self.certificate}/fullchain.pem",
        }

    @contextmanager
    def throttled(self) -> Iterator[None]:
        """DynamoDB refuses every other call."""
        self.throttling.touch()
        yield
        self.throttling.unlink()

    def numbers(self, table: str) -> list[str]:
        """The numbers of all entries of the table."""
        environ = os.environ | self.environ() | {"AWS_DEFAULT_REGION": self.region}
        return list(json.loads(self.host.run(sys.executable, FILL, table, env=environ)))

    def secret(self, name: str) -> str:
        """What the secret with that last part of its name holds."""
        return next(value for arn, value in self.secrets.items() if f"/{name}-" in arn)

    def change(self, name: str) -> dict[str, str]:
        """Let that secret hold another password; returns what it holds now."""
        arn = next(arn for arn in self.secrets if f"/{name}-" in arn)
        self.secrets[arn] = made(json.loads(self.secrets[arn])["username"])
        self.fill({"changed": {name_of(arn): self.secrets[arn]}})
        held: dict[str, str] = json.loads(self.secrets[arn])
        return held

    def fill(self, what: object) -> None:
        environ = os.environ | self.environ() | {"AWS_DEFAULT_REGION": self.region}
        self.host.run(sys.executable, FILL, input=json.dumps(what), env=environ)


def made(username: str | None) -> str:
    """A secret such as Terraform or RDS makes without seeing it."""
    password = secrets.token_urlsafe(32)
    return json.dumps({"username": username, "password": password}) if username else password


def name_of(arn: str) -> str:
    """With the six letters that Secrets Manager puts behind a name: moto finds a secret by what stands in the ARN."""
    return arn.split(":", 6)[-1]

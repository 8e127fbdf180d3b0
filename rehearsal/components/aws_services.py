"""AWS's services where the tasks look for them: moto by its real names and TLS, with the secrets of the state."""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from devtools.aws_authorization import roles_with_awss_policies
from devtools.tls import create_certificate
from rehearsal import in_host
from rehearsal.in_host.aws_server import AWS
from rehearsal.model.read_topology import SERVICES
from rehearsal.model.state import State
from rehearsal.network.dns import NameServers
from rehearsal.network.namespaces import load_rules
from rehearsal.network.network import OUTSIDE, Network
from rehearsal.network.processes import wait_until_listening

CONTENT = in_host.FOLDER / "aws_content.py"
NOBODY_IS_BLOCKED = "table ip faults\ndelete table ip faults\n"
BLOCKED = "table ip faults {{\nchain input {{ type filter hook input priority 0; {}\n}}\n}}\n"


class AwsServices:
    def __init__(self, network: Network, names: NameServers, state: State) -> None:
        self.host, self.region = network["aws"], state.region
        self.certificate, self.faults = network.home / "aws", network.home / "faults"
        self.faults.mkdir()
        create_certificate(self.certificate, f"*.{self.region}.amazonaws.com", f"*.ecr.{self.region}.amazonaws.com")
        for service in ("secretsmanager", "sts", "ssm", "api.ecr"):
            names.point(f"{service}.{self.region}.amazonaws.com", [OUTSIDE["aws"]])
        for service, address in SERVICES.items():
            self.host.run("ip", "address", "add", f"{address}/32", "dev", "eth0")
            names.point(f"{service}.{self.region}.amazonaws.com", [address])
        # A bucket's own name in front of the service's would need a certificate for every bucket.
        self.config = network.home / "aws-config"
        self.config.write_text("[default]\ns3 =\n  addressing_style = path\n")
        roles = network.home / "roles.json"
        roles.write_text(json.dumps(roles_with_awss_policies(state)))
        files = [self.certificate / "fullchain.pem", self.certificate / "privkey.pem", self.faults, roles]
        # As a module: it has the layer that the emulator has, from devtools.
        server = (sys.executable, "-m", f"{in_host.__name__}.aws_server")
        process = self.host.start(*server, *files, log="moto", environ=os.environ)
        wait_until_listening(self.host, 443, process)
        self.secrets = {arn: new_secret(username) for arn, username in state.secrets().items()}
        secrets = {secret_name(arn): value for arn, value in self.secrets.items()}
        self.fill({"secrets": secrets, "tables": state.tables(), "parameters": state.parameters()})
        for bucket in state.buckets_of_files():
            self.create_bucket(bucket)

    def create_bucket(self, name: str) -> None:
        self.fill({"bucket": name})

    def environ(self, role: str) -> dict[str, str]:
        """What a task or an instance has besides its settings: a role, and trust in Amazon."""
        return {
            "AWS_ACCESS_KEY_ID": role,
            "AWS_SECRET_ACCESS_KEY": "emulated",
            "AWS_CA_BUNDLE": f"{self.certificate}/fullchain.pem",
            "AWS_CONFIG_FILE": str(self.config),
        }

    @contextmanager
    def throttle_dynamodb(self) -> Iterator[None]:
        """DynamoDB refuses every other call."""
        (self.faults / "dynamodb").touch()
        yield
        (self.faults / "dynamodb").unlink()

    def slow_s3_down(self, seconds: float) -> None:
        """S3 waits so long before it does what it is asked for."""
        self._set_fault_of_s3(seconds=seconds)

    def refuse_s3(self, status: str, code: str) -> None:
        self._set_fault_of_s3(status=status, code=code)

    def block_s3(self, verdict: str) -> None:
        """Let packets to S3 end in "reject with tcp reset", or in "drop" without an answer."""
        rule = f"ip daddr {SERVICES['s3']} tcp dport 443 {verdict}"
        load_rules(self.host, NOBODY_IS_BLOCKED + BLOCKED.format(rule))

    def mend_s3(self) -> None:
        (self.faults / "s3").unlink(missing_ok=True)
        load_rules(self.host, NOBODY_IS_BLOCKED)

    def _set_fault_of_s3(self, **fault: object) -> None:
        """Under another name first: the server never reads half of it."""
        written = self.faults / "s3.part"
        written.write_text(json.dumps(fault))
        written.rename(self.faults / "s3")

    def entry_numbers(self, table: str) -> list[str]:
        """The numbers of all entries of the table."""
        environ = os.environ | self.environ(AWS) | {"AWS_DEFAULT_REGION": self.region}
        return list(json.loads(self.host.run(sys.executable, CONTENT, table, env=environ)))

    def secret(self, name: str) -> str:
        """The value of the secret with that last part of its name."""
        return next(value for arn, value in self.secrets.items() if f"/{name}-" in arn)

    def rotate_secret(self, name: str) -> dict[str, str]:
        """Put another password into that secret; return user name and password."""
        arn = next(arn for arn in self.secrets if f"/{name}-" in arn)
        self.secrets[arn] = new_secret(json.loads(self.secrets[arn])["username"])
        self.fill({"changed": {secret_name(arn): self.secrets[arn]}})
        value: dict[str, str] = json.loads(self.secrets[arn])
        return value

    def fill(self, what: object) -> None:
        environ = os.environ | self.environ(AWS) | {"AWS_DEFAULT_REGION": self.region}
        self.host.run(sys.executable, CONTENT, input=json.dumps(what), env=environ)


def new_secret(username: str | None) -> str:
    """A secret such as Terraform or RDS makes without seeing it."""
    password = secrets.token_urlsafe(32)
    return json.dumps({"username": username, "password": password}) if username else password


def secret_name(arn: str) -> str:
    """With the six letters that Secrets Manager puts behind a name: moto finds a secret by what stands in the ARN."""
    return arn.split(":", 6)[-1]

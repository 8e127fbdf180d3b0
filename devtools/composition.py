"""One of the three AWS compositions, applied to an emulated AWS and asked back through the AWS API."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import boto3

from devtools.processes import ENDS_WITH_PARENT
from devtools.programs import MissingProgram
from devtools.terraform_json import Plan, State

REPOSITORY = Path(__file__).resolve().parents[1]
SHIPPED = ("terraform", "nginx", "bastion")  # what the HCL reads
REGIONS = {"task-manager": "ap-south-1"}  # where a composition is not in eu-central-1 by default
MIRROR = "registry.terraform.io/hashicorp/aws"

DIGEST = "sha256:" + "a" * 64
SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE0QJ0000000000000000000000000000000000000000 operator"
VARIABLES: dict[str, dict[str, Any]] = {
    "bootstrap": {},
    "three-tier": {
        "domain": "notes.example.org",
        "email": "operator@example.org",
        "admin_cidr": "203.0.113.7/32",
        "ssh_public_key": SSH_KEY,
        "github_repository": "example/notes",
        "image_digest": DIGEST,
        "released": True,
    },
    "task-manager": {
        "domain": "tasks.example.org",
        "email": "operator@example.org",
        "image_digest": DIGEST,
        "pipeline": {
            "repository": "example/notes",
            "branch": "main",
            "connection_arn": "arn:aws:codeconnections:ap-south-1:123456789012:connection/0f0f",
        },
    },
    "eight-digit": {"image_digest": DIGEST, "released": True, "email": "operator@example.org"},
}

TAKES_ANY_POLICY = "--takes-any-policy"
GAP = "emulator gap"  # a property of a test's report, shown at the end


def terraform_binary() -> str:
    binary = shutil.which("terraform")
    if binary is None:
        raise MissingProgram("terraform is not installed")
    return binary


@cache
def provider_mirror() -> Path:
    """The directory that holds the AWS provider, so that no registry is asked."""
    given = os.environ.get("TF_PLUGIN_MIRROR")
    if given:
        return Path(given)
    for top in ("/usr/share/terraform", "/usr/local/share/terraform", str(Path.home() / ".terraform.d"), "/opt", "/"):
        command = ["find", top, "-xdev", "-type", "d", "-path", f"*{MIRROR}"]
        found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
        if found:
            return Path(found[0].removesuffix(MIRROR))
    raise MissingProgram("no mirror of the AWS provider: set TF_PLUGIN_MIRROR or run 'terraform providers mirror'")


@contextmanager
def emulated_aws(*, policies: bool = True) -> Iterator[str]:
    """Yields its address. `policies` says whether permissions that AWS takes and never grants are refused."""
    command = [sys.executable, "-m", "devtools.emulated_aws", *([] if policies else [TAKES_ANY_POLICY])]
    with subprocess.Popen(
        [*ENDS_WITH_PARENT, *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=REPOSITORY
    ) as process:
        assert process.stdout
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


class Composition:
    def __init__(
        self, name: str, directory: Path, endpoint: str, variables: dict[str, Any], source: Path = REPOSITORY
    ) -> None:
        self.name = name
        self.directory = directory
        self.root = directory / "terraform" / name
        self.endpoint = endpoint
        self.region = REGIONS.get(name, "eu-central-1")
        for folder in SHIPPED:
            if (source / folder).exists():
                skip = shutil.ignore_patterns(".terraform*", "*.tfstate*")
                shutil.copytree(source / folder, directory / folder, ignore=skip)
        self.variables: dict[str, Any] = {}
        self.set_variables(variables)
        if name != "bootstrap":  # the bucket that the backend needs is another composition's; here the state is a file
            (self.root / "backend_override.tf").write_text('terraform {\n  backend "local" {}\n}\n')
        (directory / "terraformrc").write_text(
            f'provider_installation {{\n  filesystem_mirror {{ path = "{provider_mirror()}" }}\n}}\n'
        )

    def beside(self, name: str) -> "Composition":
        """Another root in the same directory and the same account."""
        other = copy(self)
        other.name, other.root = name, self.root.parent / name
        return other

    def set_variables(self, variables: dict[str, Any]) -> None:
        self.variables |= variables
        (self.root / "test.auto.tfvars.json").write_text(json.dumps(self.variables))

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        return kept | {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "emulated",
            "AWS_SECRET_ACCESS_KEY": "emulated",
            "AWS_EC2_METADATA_DISABLED": "true",
            "TF_CLI_CONFIG_FILE": str(self.directory / "terraformrc"),
            "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1",
            # A stray call to the real AWS ends here instead of leaving the machine.
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "NO_PROXY": "127.0.0.1",
        }

    def terraform(self, *arguments: str) -> str:
        command = ["nice", "-n", "10", terraform_binary(), f"-chdir={self.root}", *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False, timeout=900)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}\n{done.stdout[-4000:]}\n{done.stderr[-8000:]}")
        return done.stdout

    def init(self) -> None:
        self.terraform("init", "-input=false", "-no-color")

    def apply(self, *arguments: str) -> None:
        self.terraform("apply", "-auto-approve", "-input=false", "-no-color", "-compact-warnings", *arguments)
        self.__dict__.pop("outputs", None)

    def destroy(self) -> None:
        stays = ("module.data_key", "module.data.module.files.")
        kept = [address for address in self.terraform("state", "list").split() if address.startswith(stays)]
        if kept:  # as docs/deployment.md says: what is not destroyed is taken out of the state
            self.terraform("state", "rm", *kept)
        # Without a refresh: what stands is what the last apply has left.
        self.terraform("destroy", "-auto-approve", "-input=false", "-no-color", "-compact-warnings", "-refresh=false")

    def planned_changes(self, *arguments: str) -> dict[str, dict[str, Any]]:
        """What a plan would do now: address => change."""
        return self.plan(*arguments).changes

    def plan(self, *arguments: str) -> Plan:
        file = self.directory / "again.tfplan"
        self.terraform("plan", "-input=false", f"-out={file}", "-no-color", *arguments)
        return Plan.parse(self.terraform("show", "-json", str(file)))

    @cached_property
    def outputs(self) -> dict[str, Any]:
        return {name: output["value"] for name, output in json.loads(self.terraform("output", "-json")).items()}

    def state(self) -> State:
        return State.parse(self.terraform("show", "-json"))

    def state_file(self) -> str:
        return (self.root / "terraform.tfstate").read_text()

    def requests(self) -> dict[str, Any]:
        """What the emulator took, counted by operation, and why it refused what it refused (devtools/strict_aws.py)."""
        with urlopen(f"{self.endpoint}/strict-aws") as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def client(self, service: str, region: str | None = None) -> Any:
        return boto3.client(  # type: ignore[call-overload]  # which service is known only when it runs
            service,
            endpoint_url=self.endpoint,
            region_name=region or self.region,
            aws_access_key_id="emulated",
            aws_secret_access_key="emulated",
        )


def certificate(composition: Composition, domain: str, region: str | None = None) -> str:
    """A certificate as an operator orders it, before the composition that uses it."""
    return str(composition.client("acm", region).request_certificate(DomainName=domain)["CertificateArn"])


def zone(composition: Composition, domain: str) -> str:
    """A hosted zone as an operator has it, before the composition that uses it."""
    made = composition.client("route53").create_hosted_zone(Name=domain, CallerReference=domain)
    return str(made["HostedZone"]["Id"]).rpartition("/")[-1]

"""User data of the modules, as Terraform renders it, with a mocked provider: no apply, no AWS."""

from __future__ import annotations

import base64
import gzip
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from devtools.composition import Composition
from devtools.terraform_json import State

ACCOUNT, REGION = "123456789012", "eu-central-1"
ARN = f"arn:aws:iam::{ACCOUNT}"
DATA = {
    "aws_iam_policy_document": {"json": "{}"},
    "aws_partition": {"partition": "aws", "dns_suffix": "amazonaws.com"},
    "aws_caller_identity": {"account_id": ACCOUNT},
    "aws_region": {"name": REGION},
}
BUCKET = "notes-files"  # of all of them
RESOURCES = {
    "aws_s3_bucket": {"id": BUCKET},
    "aws_iam_instance_profile": {"arn": f"{ARN}:instance-profile/host"},
    "aws_iam_role": {"arn": f"{ARN}:role/host"},
    "aws_launch_template": {"id": "lt-12345678"},
}


def render(folder: Path, modules: Mapping[str, Mapping[str, Any]], address_id: str) -> dict[str, bytes]:
    """User data by module, as an instance gets it: compressed. `address_id` is that of the fixed address.

    A module of `modules` has the variables that a composition gives it, but for subnets and security groups.
    """
    composition = Composition("modules", folder, "http://127.0.0.1:9", {})
    (composition.root / "test.auto.tfvars.json").unlink()
    tests = composition.root / "tests"
    shutil.rmtree(tests)
    tests.mkdir()
    resources = RESOURCES | {"aws_eip": {"id": address_id}}
    mocked = {
        "mock_data": {kind: {"defaults": values} for kind, values in DATA.items()},
        "mock_resource": {kind: {"defaults": values} for kind, values in resources.items()},
    }
    calls = {module: {**given, "source": f"./{module}"} for module, given in modules.items()}
    (composition.root / "hosts.tf.json").write_text(json.dumps({"module": calls}))
    (tests / "hosts.tftest.json").write_text(json.dumps({"mock_provider": {"aws": mocked}, "run": {"hosts": {}}}))
    composition.init()
    said = [json.loads(line) for line in composition.terraform("test", "-json", "-verbose").splitlines()]
    (state,) = [State({"values": line["test_state"]}) for line in said if line["type"] == "test_state"]
    return {module: user_data(state, module) for module in modules}


def user_data(state: State, module: str) -> bytes:
    of_module = [found for found in state.of("aws_launch_template") if found.module.startswith(f"module.{module}.")]
    (template,) = of_module
    return base64.b64decode(template.values["user_data"])


def readable(compressed: bytes) -> str:
    return gzip.decompress(compressed).decode()

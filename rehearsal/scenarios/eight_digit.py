"""Scenarios of the entries app: a browser uses it, and DynamoDB throttles."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from devtools.processes import ROOT
from rehearsal import in_host
from rehearsal.components.stacks import EightDigitStack
from rehearsal.model.read_topology import SERVICES
from rehearsal.scenarios.faults import reaches, under_load


def walkthrough(stack: EightDigitStack) -> dict[str, Any]:
    pictures = stack.network.home / "pictures"
    pictures.mkdir(exist_ok=True)
    sites = [f"http://{task.public}:5000" for task in stack.network.topology.of("app")]
    environ = os.environ | {"HOME": "/tmp", "PYTHONPATH": str(ROOT)}
    script = in_host.FOLDER / "entry_browser_session.py"
    found: dict[str, Any] = stack.network["world"].run_json(
        sys.executable, script, pictures, *sites, question=None, env=environ
    )
    check_gateway_endpoint(stack)
    found["steps"].append("DynamoDB is reached through the gateway endpoint: also without the internet gateway.")
    return found


def throttle_dynamodb(stack: EightDigitStack) -> dict[str, Any]:
    """DynamoDB refuses every other call; the SDK asks again."""
    with under_load(stack, "throttled") as ledger, stack.aws.throttle_dynamodb():
        time.sleep(10)
    (table,) = stack.service.state.tables()
    expected = "most requests are repeated and succeed; for the others a page shows the error and keeps the text"
    return {"expected": expected} | ledger.compare(stack.aws.entry_numbers(table["TableName"]))


def check_gateway_endpoint(stack: EightDigitStack) -> None:
    """Without the internet gateway, DynamoDB is there and the rest of AWS is not."""
    (task, *_) = (host.name for host in stack.network.topology.of("app"))
    gateway = stack.network["igw"]
    gateway.run("ip", "link", "set", "internet", "down")
    found = (reaches(stack.network, task, SERVICES["dynamodb"], 443), reaches(stack.network, task, "192.0.2.10", 443))
    gateway.run("ip", "link", "set", "internet", "up")
    gateway.run("ip", "route", "add", "default", "dev", "internet")
    if found != (True, False):
        raise AssertionError(f"DynamoDB and the rest of AWS without the internet gateway: {found}")

"""The entries app as it is used, and what happens to it when DynamoDB throttles."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from rehearsal import in_host
from rehearsal.components.stacks import Entries
from rehearsal.model.state import SERVICES
from rehearsal.network.namespaces import ROOT
from rehearsal.scenarios.faults import disturbed, reaches


def story(stage: Entries) -> dict[str, Any]:
    pictures = stage.network.home / "pictures"
    pictures.mkdir(exist_ok=True)
    sites = [f"http://{task.public}:5000" for task in stage.network.world.of("app")]
    environ = os.environ | {"HOME": "/tmp", "PYTHONPATH": str(ROOT)}
    script = in_host.FOLDER / "entry_browser_session.py"
    found: dict[str, Any] = stage.network["world"].ask(
        sys.executable, script, pictures, *sites, question=None, env=environ
    )
    behind_the_gateway(stage)
    found["told"].append("DynamoDB is reached through the gateway endpoint: also without the internet gateway.")
    return found


def throttled(stage: Entries) -> dict[str, Any]:
    """DynamoDB refuses every other call; the SDK asks again."""
    with disturbed(stage, "throttled") as ledger, stage.cloud.throttled():
        time.sleep(10)
    (table,) = stage.service.state.tables()
    promise = "most is asked again and nobody notices; for the rest a page says so, and the text stays"
    return {"promise": promise} | ledger.against(stage.cloud.numbers(table["TableName"]))


def behind_the_gateway(stage: Entries) -> None:
    """Without the internet gateway, DynamoDB is there and the rest of AWS is not."""
    (task, *_) = (host.name for host in stage.network.world.of("app"))
    gateway = stage.network["igw"]
    gateway.run("ip", "link", "set", "internet", "down")
    found = (reaches(stage.network, task, SERVICES["dynamodb"], 443), reaches(stage.network, task, "192.0.2.10", 443))
    gateway.run("ip", "link", "set", "internet", "up")
    gateway.run("ip", "route", "add", "default", "dev", "internet")
    if found != (True, False):
        raise AssertionError(f"DynamoDB and the rest of AWS without the internet gateway: {found}")

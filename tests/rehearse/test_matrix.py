"""Every pair of hosts and every port, tried with real packets, against the table written by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from infra.tables import THREE_TIER

from rehearse.conftest import Run

Open = dict[tuple[str, str], set[str]]


def opened(results: dict[str, Any]) -> Open:
    return {(source, target): set(ports) for source, target, *ports in results["matrix"]["open"]}


def test_packets_find_the_ways_of_the_table_and_no_other(results: dict[str, Any]) -> None:
    assert opened(results) == THREE_TIER
    assert results["matrix"]["tried"] > 1000


def changed(state: Path, folder: Path, description: str, **values: object) -> Path:
    """A copy of the state in which one rule that lets somebody in is another."""
    copy = json.loads(state.read_text())
    groups = next(m for m in copy["values"]["root_module"]["child_modules"] if m["address"] == "module.security_groups")
    (rule,) = [
        resource["values"]
        for resource in groups["resources"]
        if resource["type"].endswith("ingress_rule") and resource["values"]["description"] == description
    ]
    rule |= values
    (folder / "state.json").write_text(json.dumps(copy))
    return folder / "state.json"


def test_ssh_from_anywhere_is_seen(state: Path, run: Run, tmp_path: Path) -> None:
    results = run(changed(state, tmp_path, "admin to bastion 22", cidr_ipv4="0.0.0.0/0"), "network")
    everybody = {ways: ports for ways, ports in THREE_TIER.items() if "admin" not in ways}
    assert opened(results) == everybody | {("world", "bastion"): {"22"}}


def test_another_port_of_the_database_is_seen(state: Path, run: Run, tmp_path: Path) -> None:
    results = run(changed(state, tmp_path, "app to database 3306", from_port=3307, to_port=3307), "network")
    assert opened(results) == {ways: ports for ways, ports in THREE_TIER.items() if ways != ("app", "database")}

"""The other form of three-tier: two hosts of nginx, a cluster, and no way out but endpoints."""

from __future__ import annotations

from typing import Any

import pytest
from infra.tables import HTTP, THREE_TIER_WITHOUT_NAT

from rehearsal.model.apply import apply_composition
from rehearsal.scenarios.ledger import CLIENTS
from rehearse.conftest import Run

FAULTS = ("front-host-lost", "renewal-with-one-host", "front-zone-cut-off", "writer-moved")


@pytest.fixture(scope="module")
def found(usable: None, run: Run) -> dict[str, Any]:
    return run(apply_composition("three-tier-cluster"), "matrix", *FAULTS)


def test_packets_find_the_ways_of_the_table_and_no_other(found: dict[str, Any]) -> None:
    opened = {(source, target): set(ports) for source, target, *ports in found["matrix"]["open"]}
    assert opened == THREE_TIER_WITHOUT_NAT | {("nginx", "nginx"): HTTP}


@pytest.mark.parametrize("fault", FAULTS)
def test_no_acknowledged_write_is_lost_or_doubled(found: dict[str, Any], fault: str) -> None:
    assert (found[fault]["lost"], found[fault]["doubled"]) == ([], [])
    assert found[fault]["acknowledged writes"] > 0


def test_the_writer_was_each_of_the_standbys_once(found: dict[str, Any]) -> None:
    moved = [what for _, what in found["writer-moved"]["marks"] if what.endswith("the writer")]
    assert len({what.split()[2] for what in moved}) == 2


def test_during_a_renewal_only_connections_to_the_lost_host_fail(found: dict[str, Any]) -> None:
    assert found["renewal-with-one-host"]["failed"] <= CLIENTS

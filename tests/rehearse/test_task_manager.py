"""The task manager: its ways, its use by a browser and by a program, and instances that are lost and replaced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from infra.tables import TASK_MANAGER

from rehearsal.model.apply import apply_composition
from rehearse.conftest import Run
from rehearse.files_without_s3 import *  # noqa: F403 - both with notes pass these
from rehearse.files_without_s3 import FAULTS_OF_S3
from rehearse.test_matrix import changed, opened

FAULTS_OF_INSTANCES = ("instance-killed", "instance-refresh", "database-failover")


@pytest.fixture(scope="module")
def state(usable: None) -> Path:
    return apply_composition("task-manager")


@pytest.fixture(scope="module")
def results(state: Path, run: Run) -> dict[str, Any]:
    return run(state, "matrix", "walkthrough", *FAULTS_OF_INSTANCES, *FAULTS_OF_S3)


@pytest.fixture(scope="module")
def walkthrough(results: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = results["walkthrough"]
    return found


def test_packets_find_the_ways_of_the_table_and_no_other(results: dict[str, Any]) -> None:
    assert opened(results) == TASK_MANAGER
    # Six hosts and the internet, each to the six others, on ten ports.
    assert results["matrix"]["tried"] == 7 * 6 * 10


def test_another_port_of_the_load_balancer_is_seen(state: Path, run: Run, tmp_path: Path) -> None:
    results = run(changed(state, tmp_path, "world to balancer 80", from_port=22, to_port=22), "network")
    assert opened(results) == TASK_MANAGER | {("world", "balancer"): {"22", "443"}, ("app", "balancer"): {"443"}}


def test_a_load_balancer_that_does_not_reach_nginx_is_seen(state: Path, run: Run, tmp_path: Path) -> None:
    results = run(changed(state, tmp_path, "balancer to app 80", from_port=5000, to_port=5000), "network")
    assert opened(results) == {ways: ports for ways, ports in TASK_MANAGER.items() if ways != ("balancer", "app")}


def test_plain_http_leads_to_https_with_a_certificate_the_browser_trusts(walkthrough: dict[str, Any]) -> None:
    assert walkthrough["led to"] == "https://tasks.test/sign-up"
    assert (walkthrough["certificate"]["subjectName"], walkthrough["certificate"]["protocol"]) == (
        "tasks.test",
        "TLS 1.3",
    )


def test_only_the_first_person_signs_up(walkthrough: dict[str, Any]) -> None:
    assert walkthrough["second person"] == 403


def test_a_program_makes_a_task_once_and_completes_it(walkthrough: dict[str, Any]) -> None:
    both = ["Paint the fence", "Water the seedlings"]
    assert walkthrough["program"] == {
        "answers": [201, 201, 200, 200],
        "created": 1,
        "done": both,
        "without a token": 401,
    }
    assert walkthrough["rows"] == [[title, "done"] for title in both]


def test_metrics_are_served_on_the_instances_and_not_to_the_internet(walkthrough: dict[str, Any]) -> None:
    assert set(walkthrough["figures"]["on an instance"].values()) == {200}
    assert set(walkthrough["figures"]["in the world"].values()) == {404}


def test_nginx_on_an_instance_logs_the_clients_address(walkthrough: dict[str, Any]) -> None:
    assert walkthrough["clients"] == ["198.51.100.10"]


def test_an_instance_holds_its_five_connections_however_many_ask(walkthrough: dict[str, Any]) -> None:
    # Beside its pool of five, each of its two processes has one more for a moment while the load balancer probes.
    first, second = walkthrough["connections"].values()
    assert 5 <= first <= 7
    assert 5 <= second <= 7


def test_there_is_no_way_but_the_load_balancer(walkthrough: dict[str, Any]) -> None:
    assert walkthrough["direct"]["answered"] == []
    # Six private and two public addresses, five ports each, but for the load balancer's two on its public ones.
    assert walkthrough["direct"]["tried"] == 8 * 5 - 2 * 2


@pytest.mark.parametrize("fault", [*FAULTS_OF_INSTANCES, *FAULTS_OF_S3])
def test_no_acknowledged_write_is_lost_or_doubled(results: dict[str, Any], fault: str) -> None:
    assert (results[fault]["lost"], results[fault]["doubled"]) == ([], [])
    assert results[fault]["acknowledged writes"] > 0


def test_no_request_fails_while_instances_are_replaced(results: dict[str, Any]) -> None:
    assert results["instance-refresh"]["failures"] == {}

"""The task manager: its ways, its use by a browser and by a program, and instances that are lost and replaced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from infra.tables import TASK_MANAGER

from rehearsal.model.apply import applied
from rehearse.conftest import Play
from rehearse.test_matrix import changed, opened


@pytest.fixture(scope="module")
def managed(usable: None) -> Path:
    return applied("task-manager")


@pytest.fixture(scope="module")
def seen(managed: Path, play: Play) -> dict[str, Any]:
    return play(managed, "matrix", "story", "instance-killed", "instance-refresh", "database-failover")


@pytest.fixture(scope="module")
def story(seen: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = seen["story"]
    return found


def test_packets_find_the_ways_of_the_table_and_no_other(seen: dict[str, Any]) -> None:
    assert opened(seen) == TASK_MANAGER
    assert seen["matrix"]["tried"] > 1000


def test_another_door_of_the_load_balancer_is_seen(managed: Path, play: Play, tmp_path: Path) -> None:
    results = play(changed(managed, tmp_path, "world to balancer 80", from_port=22, to_port=22), "network")
    assert opened(results) == TASK_MANAGER | {("world", "balancer"): {"22", "443"}, ("app", "balancer"): {"443"}}


def test_a_load_balancer_that_does_not_reach_nginx_is_seen(managed: Path, play: Play, tmp_path: Path) -> None:
    results = play(changed(managed, tmp_path, "balancer to app 80", from_port=5000, to_port=5000), "network")
    assert opened(results) == {ways: ports for ways, ports in TASK_MANAGER.items() if ways != ("balancer", "app")}


def test_plain_http_leads_to_https_with_a_certificate_the_browser_trusts(story: dict[str, Any]) -> None:
    assert story["led to"] == "https://tasks.test/sign-up"
    assert (story["certificate"]["subjectName"], story["certificate"]["protocol"]) == ("tasks.test", "TLS 1.3")


def test_only_the_first_person_signs_up(story: dict[str, Any]) -> None:
    assert story["second person"] == 403


def test_a_program_makes_a_task_once_and_completes_it(story: dict[str, Any]) -> None:
    both = ["Paint the fence", "Water the seedlings"]
    assert story["program"] == {"answers": [201, 201, 200, 200], "made": 1, "done": both, "without a token": 401}
    assert story["rows"] == [[title, "done"] for title in both]


def test_figures_are_on_the_instances_and_not_in_the_world(story: dict[str, Any]) -> None:
    assert set(story["figures"]["on an instance"].values()) == {200}
    assert set(story["figures"]["in the world"].values()) == {404}


def test_nginx_on_an_instance_knows_who_asks(story: dict[str, Any]) -> None:
    assert story["visitors"] == ["198.51.100.10"]


def test_an_instance_holds_its_five_connections_however_many_ask(story: dict[str, Any]) -> None:
    assert list(story["connections"].values()) == [5, 5]


def test_there_is_no_way_but_the_load_balancer(story: dict[str, Any]) -> None:
    assert story["direct"]["answered"] == []
    assert story["direct"]["tried"] > 50


def test_an_instance_learns_its_image_without_the_internet(story: dict[str, Any]) -> None:
    found = story["image without a gateway"]
    assert (found["digest"][:7], found["another way out"]) == ("sha256:", False)


@pytest.mark.parametrize("fault", ["instance-killed", "instance-refresh", "database-failover"])
def test_no_acknowledged_write_is_lost_or_doubled(seen: dict[str, Any], fault: str) -> None:
    assert (seen[fault]["lost"], seen[fault]["doubled"]) == ([], [])
    assert seen[fault]["acknowledged writes"] > 0


def test_nobody_notices_new_instances(seen: dict[str, Any]) -> None:
    assert seen["instance-refresh"]["failures"] == {}

"""The matrix of who reaches whom, computed from the applied state, against a table written by hand from the mission."""

import pytest
from composition import Composition
from questions import groups
from reachability import PORTS, Place, matrix, places, reaches

HTTP = {"80", "443"}


@pytest.mark.xdist_group("three-tier")
def test_d10_three_tier_every_pair_of_hosts_and_every_port(three_tier: Composition) -> None:
    assert matrix(three_tier, {"203.0.113.7/32": "admin"}) == {
        ("world", "nginx"): HTTP,
        ("admin", "nginx"): HTTP,
        ("admin", "bastion"): {"22"},
        ("nginx", "app"): {"5000"},
        ("nginx", "balancer"): {"5000"},
        ("balancer", "app"): {"5000"},
        ("app", "database"): {"3306"},
        ("bastion", "database"): {"3306"},
        ("nginx", "world"): HTTP,
        ("nginx", "admin"): HTTP,
        ("bastion", "world"): HTTP,
        ("bastion", "admin"): HTTP,
        ("app", "world"): {"443"},
        ("app", "admin"): {"443"},
    }


@pytest.mark.xdist_group("public-task")
def test_a_public_task_every_pair_of_hosts_and_every_port(public_task: Composition) -> None:
    assert matrix(public_task, {}) == {("world", "app"): {"5000"}, ("app", "world"): {"443"}}


@pytest.mark.xdist_group("balanced-task")
def test_b_balanced_task_every_pair_of_hosts_and_every_port(balanced_task: Composition) -> None:
    assert matrix(balanced_task, {}) == {
        ("world", "balancer"): HTTP,
        ("balancer", "app"): {"5000"},
        ("app", "world"): {"443"},
    }


@pytest.mark.xdist_group("task-manager")
def test_c_task_manager_every_pair_of_hosts_and_every_port(task_manager: Composition) -> None:
    lists = task_manager.client("ec2").describe_managed_prefix_lists()["PrefixLists"]
    cloudfront = next(entry["PrefixListId"] for entry in lists if "cloudfront" in entry["PrefixListName"])
    assert matrix(task_manager, {cloudfront: "cloudfront"}) == {
        ("cloudfront", "balancer"): {"443"},
        ("balancer", "app"): {"80"},
        ("app", "database"): {"3306"},
        ("app", "endpoints"): {"443"},
        ("app", "world"): HTTP,
        ("app", "cloudfront"): HTTP,
    }


@pytest.mark.xdist_group("three-tier")
def test_every_security_group_has_hosts(three_tier: Composition) -> None:
    assert set(places(three_tier)) == set(groups(three_tier).values()) - {"default"}


def test_a_packet_needs_both_groups_a_route_and_a_public_address() -> None:
    public, private = Place(frozenset({"igw"}), True), Place(frozenset({"nat"}), False)
    held = {("in", "web", "world", "80"), ("out", "web", "db", "3306"), ("in", "db", "world", "3306")}
    where = {"web": public, "db": private}
    assert reaches("world", "web", "80", held, where, {"world"})
    assert not reaches("world", "web", "80", held, where | {"web": private}, {"world"})
    assert not reaches("world", "db", "3306", held, where, {"world"})
    assert not reaches("web", "db", "3306", held, where, {"world"})
    assert reaches("web", "db", "3306", held | {("in", "db", "web", "3306")}, where, {"world"})
    assert "3306" in PORTS

"""The entries app's tasks with public addresses of their own: the cheapest way to run it."""

import pytest

from devtools.composition import Composition
from infra.eight_digit import *  # noqa: F403 - what both exposures pass
from infra.eight_digit import WAYS_OUT, holds_exactly
from infra.every_composition import *  # noqa: F403 - the tests every composition passes
from infra.questions import name, subnet_ids, subnets, vpc, way_out
from infra.reachability import matrix


@pytest.fixture(scope="module")
def composition(public_task: Composition) -> Composition:
    return public_task


def test_a3_the_vpc_has_two_public_subnets_and_a_private_table_without_a_way_out(public_task: Composition) -> None:
    assert vpc(public_task)["CidrBlock"] == "10.0.0.0/16"
    assert {subnet["CidrBlock"] for subnet in subnets(public_task)} == {"10.0.1.0/24", "10.0.2.0/24"}
    assert len({subnet["AvailabilityZone"] for subnet in subnets(public_task)}) == 2
    assert {way_out(public_task, subnet["SubnetId"]) for subnet in subnets(public_task)} == {"igw"}
    tables = public_task.client("ec2").describe_route_tables(
        Filters=[{"Name": "vpc-id", "Values": [vpc(public_task)["VpcId"]]}]
    )
    private = next(table for table in tables["RouteTables"] if "private" in name(table))
    assert {route.get("DestinationCidrBlock") for route in private["Routes"]} <= {"10.0.0.0/16", None}


def test_a4_tasks_have_public_addresses_in_both_zones(public_task: Composition) -> None:
    service = public_task.client("ecs").describe_services(cluster="flask-cluster", services=["flask-service"])[
        "services"
    ][0]
    network = service["networkConfiguration"]["awsvpcConfiguration"]
    assert network["assignPublicIp"] == "ENABLED"
    assert set(network["subnets"]) == subnet_ids(public_task, "public")


def test_a6_the_outputs_say_where_to_push_and_how_to_reach_the_app(public_task: Composition) -> None:
    assert public_task.outputs["ecr_repository_url"].endswith("/flask-app")
    assert "describe-network-interfaces" in public_task.outputs["how_to_reach_the_app"]


def test_a4_the_security_groups_hold_the_table_and_nothing_else(public_task: Composition) -> None:
    assert holds_exactly(public_task, {("world", "app", "5000")} | WAYS_OUT)


def test_a_public_task_every_pair_of_hosts_and_every_port(public_task: Composition) -> None:
    assert matrix(public_task, {}) == {("world", "app"): {"5000"}, ("app", "world"): {"443"}}

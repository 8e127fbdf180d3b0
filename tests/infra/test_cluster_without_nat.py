"""The notes app's composition in its other forms: the database as a cluster, and no way out but private endpoints."""

from typing import Any

import pytest

from devtools.composition import Composition
from infra.conftest import Apply
from infra.every_composition import *  # noqa: F403 - the tests every composition passes
from infra.questions import accepted, container, subnet_ids, subnets, way_out
from infra.reachability import matrix
from infra.tables import THREE_TIER_WITHOUT_NAT

ADMIN = {"203.0.113.7/32": "admin"}


@pytest.fixture(scope="module")
def composition(apply: Apply) -> Composition:
    return apply("three-tier", nat="none", database={"kind": "cluster", "instance_class": "db.c6gd.medium"})


def cluster(composition: Composition) -> dict[str, Any]:
    [found] = composition.client("rds").describe_db_clusters()["DBClusters"]
    return dict(found)


def test_d8_the_cluster_is_mysql_private_encrypted_and_in_the_three_private_zones(composition: Composition) -> None:
    found = cluster(composition)
    assert (found["Engine"], found["DatabaseName"], found["EngineVersion"][:3]) == ("mysql", "notes", "8.4")
    assert (found["StorageEncrypted"], found["DeletionProtection"]) == (True, True)
    assert found["BackupRetentionPeriod"] >= 7
    groups = composition.client("rds").describe_db_subnet_groups(DBSubnetGroupName=found["DBSubnetGroup"])
    within = {subnet["SubnetIdentifier"] for subnet in groups["DBSubnetGroups"][0]["Subnets"]}
    assert within == subnet_ids(composition, "private")
    assert len({s["AvailabilityZone"] for s in subnets(composition) if s["SubnetId"] in within}) == 3
    assert composition.client("rds").describe_db_instances()["DBInstances"] == []


def test_d8_the_app_writes_at_the_writer_endpoint_and_reads_exports_at_the_reader_endpoint(
    composition: Composition,
) -> None:
    found = {entry["name"]: entry["value"] for entry in container(composition, "notes-app")["environment"]}
    assert found["DATABASE_URL"] == f"mysql+pymysql://{cluster(composition)['Endpoint']}:3306/notes"
    assert found["DATABASE_READER_URL"] == f"mysql+pymysql://{cluster(composition)['ReaderEndpoint']}:3306/notes"
    assert accepted(found)["SQLALCHEMY_BINDS"]["reader"]["url"].host == cluster(composition)["ReaderEndpoint"]


def test_d8_the_cluster_refuses_connections_without_tls(composition: Composition) -> None:
    group = cluster(composition)["DBClusterParameterGroup"]
    pages = composition.client("rds").describe_db_cluster_parameters(DBClusterParameterGroupName=group)
    values = {p["ParameterName"]: p.get("ParameterValue") for p in pages["Parameters"]}
    assert values["require_secure_transport"] == "1"


def test_its_alarms_look_at_the_cluster_and_at_how_far_its_copies_are_behind(composition: Composition) -> None:
    alarms = composition.client("cloudwatch").describe_alarms(AlarmNamePrefix="notes-")["MetricAlarms"]
    watched = {alarm["AlarmName"]: alarm["Dimensions"] for alarm in alarms if alarm["Namespace"] == "AWS/RDS"}
    assert "notes-copies-lag" in watched
    assert set(map(str, watched.values())) == {str([{"Name": "DBClusterIdentifier", "Value": "notes"}])}


def test_d5_private_subnets_have_no_way_out_at_all(composition: Composition) -> None:
    assert {way_out(composition, subnet) for subnet in subnet_ids(composition, "private")} <= {"", "nowhere", "local"}
    assert composition.client("ec2").describe_nat_gateways()["NatGateways"] == []


def test_every_pair_of_hosts_and_every_port_without_nat(composition: Composition) -> None:
    """nginx's logs among them: their service's name leads to an endpoint in the whole VPC."""
    assert matrix(composition, ADMIN) == THREE_TIER_WITHOUT_NAT

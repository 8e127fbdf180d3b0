"""The restore drill: a dry run changes nothing, a real one leaves the database alone and nothing behind."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from operations import restore_drill
from operations.restore_drill import TAG, Drill, Failed

COUNTS = f'{sys.executable} -c \'print("account 2"); print("note 7")\''
NOTHING_IN_THE_COPY = f"""{sys.executable} -c 'print("note", 0 if "drill" in "{{host}}" else 7)'"""


@pytest.fixture
def rds(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An account with the database `notes`, protected as Terraform makes it, and a snapshot of it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "emulated")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        client: Any = boto3.client("rds")
        make_database(client)
        client.create_db_snapshot(DBSnapshotIdentifier="older", DBInstanceIdentifier="notes")
        client.create_db_snapshot(DBSnapshotIdentifier="newest", DBInstanceIdentifier="notes")
        yield client


def make_database(rds: Any) -> None:
    ec2: Any = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.11.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="notes-database", Description="MySQL", VpcId=vpc)["GroupId"]
    rds.create_db_subnet_group(DBSubnetGroupName="notes", DBSubnetGroupDescription="private", SubnetIds=[subnet])
    rds.create_db_parameter_group(DBParameterGroupName="tls", DBParameterGroupFamily="mysql8.4", Description="TLS")
    rds.create_db_instance(
        DBInstanceIdentifier="notes",
        Engine="mysql",
        DBInstanceClass="db.t4g.small",
        AllocatedStorage=20,
        MasterUsername="notes",
        MasterUserPassword="made-up-password",
        DBSubnetGroupName="notes",
        VpcSecurityGroupIds=[group],
        DBParameterGroupName="tls",
        DeletionProtection=True,
        BackupRetentionPeriod=7,
    )


def drill(rds: Any, **settings: Any) -> tuple[Drill, list[str]]:
    said: list[str] = []
    return Drill(rds, "notes", every=0, say=said.append, **settings), said


def instances(rds: Any) -> list[dict[str, Any]]:
    return [instance | {"LatestRestorableTime": None} for instance in rds.describe_db_instances()["DBInstances"]]


def ask(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["restore_drill", *arguments])
    return restore_drill.main()


def test_a_dry_run_says_what_it_would_do_and_changes_nothing(
    rds: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[str] = []
    rds.meta.events.register("before-call.rds", lambda model, **_: calls.append(model.name))
    monkeypatch.setattr(boto3, "client", lambda *_: rds)
    before = instances(rds)
    assert ask(monkeypatch, "notes") == 0
    assert instances(rds) == before
    assert {call.split("DB")[0] for call in calls} == {"Describe"}
    assert "Nothing was done" in capsys.readouterr().out


def test_the_copy_stands_where_the_database_stands(rds: Any) -> None:
    one, _ = drill(rds)
    [live] = instances(rds)
    one.restore(one.plan())
    copy = one.describe(one.copy)
    assert copy
    for same in ("DBSubnetGroup", "VpcSecurityGroups", "DBParameterGroups", "DBInstanceClass"):
        assert copy[same] == live[same], same
    assert one.plan()["PubliclyAccessible"] is False
    assert copy["TagList"] == [{"Key": TAG, "Value": "notes"}]


@pytest.mark.parametrize("latest_time", [False, True])
def test_a_drill_leaves_the_database_alone_and_nothing_behind(rds: Any, latest_time: bool) -> None:
    before = instances(rds)
    one, said = drill(rds, latest_time=latest_time, check=COUNTS)
    one.run()
    assert instances(rds) == before
    assert any("note: 7 in the copy, 7 in the database now" in line for line in said)
    assert said[-1].startswith(f"Deleted {one.copy}. The whole drill took 0:00:")


def test_the_newest_snapshot_is_taken(rds: Any) -> None:
    one, _ = drill(rds)
    assert one.latest_snapshot()["DBSnapshotIdentifier"] == "newest"
    rds.create_db_snapshot(DBSnapshotIdentifier="newer-still", DBInstanceIdentifier="notes")
    assert one.plan()["DBSnapshotIdentifier"] == "newer-still"


def test_a_database_without_a_snapshot_is_said(rds: Any) -> None:
    for snapshot in rds.describe_db_snapshots(DBInstanceIdentifier="notes")["DBSnapshots"]:
        rds.delete_db_snapshot(DBSnapshotIdentifier=snapshot["DBSnapshotIdentifier"])
    with pytest.raises(Failed, match="no snapshot"):
        drill(rds)[0].run()


@pytest.mark.parametrize("check", ["false", NOTHING_IN_THE_COPY, "no-such-program"])
def test_a_check_that_fails_fails_the_drill_and_still_cleans_up(rds: Any, check: str) -> None:
    before = instances(rds)
    one, _ = drill(rds, check=check)
    with pytest.raises(Failed):
        one.run()
    assert instances(rds) == before


@pytest.mark.parametrize("trouble", [KeyboardInterrupt(), Failed("the copy is failed")])
def test_a_drill_that_is_cut_short_while_it_waits_still_cleans_up(
    rds: Any, monkeypatch: pytest.MonkeyPatch, trouble: BaseException
) -> None:
    before, one = instances(rds), drill(rds)[0]
    wait = one.wait

    def cut(wanted: str) -> str:
        if wanted == "available":
            raise trouble
        return wait(wanted)

    monkeypatch.setattr(one, "wait", cut)
    with pytest.raises(type(trouble)):
        one.run()
    assert instances(rds) == before


def test_a_copy_that_ends_broken_fails_the_drill_and_is_deleted(rds: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    one, _ = drill(rds)
    describe = one.describe

    def broken(name: str) -> dict[str, Any] | None:
        found = describe(name)
        return found and found | {"DBInstanceStatus": "incompatible-parameters"} if name == one.copy else found

    monkeypatch.setattr(one, "describe", broken)
    with pytest.raises(Failed, match="incompatible-parameters"):
        one.run()
    assert describe(one.copy) is None


def test_a_restore_that_aws_refuses_leaves_nothing(rds: Any) -> None:
    before, one = instances(rds), drill(rds)[0]
    asked = one.plan() | {"DBSnapshotIdentifier": "gone"}
    one.plan = lambda: asked  # type: ignore[method-assign]
    with pytest.raises(ClientError, match="gone"):
        one.run()
    assert instances(rds) == before


@pytest.mark.parametrize("tags", [[], [{"Key": TAG, "Value": "another"}]])
def test_an_instance_the_drill_did_not_make_is_never_deleted(rds: Any, tags: list[dict[str, str]]) -> None:
    one, _ = drill(rds)
    rds.restore_db_instance_from_db_snapshot(
        DBInstanceIdentifier=one.copy, DBSnapshotIdentifier="newest", DBSubnetGroupName="notes", Tags=tags
    )
    with pytest.raises(Failed, match="left alone"):
        one.remove()
    assert one.describe(one.copy)


def test_the_database_itself_is_never_deleted_even_when_it_carries_the_tag(rds: Any) -> None:
    one, _ = drill(rds)
    [live] = instances(rds)
    rds.add_tags_to_resource(ResourceName=live["DBInstanceArn"], Tags=[{"Key": TAG, "Value": "notes"}])
    one.copy = "notes"
    with pytest.raises(Failed, match="left alone"):
        one.remove()


def test_a_copy_that_an_earlier_drill_left_is_named(
    rds: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    killed, _ = drill(rds)
    killed.restore(killed.plan())
    assert ask(monkeypatch, "notes") == 0
    assert f"Left from an earlier drill: {killed.copy}" in capsys.readouterr().out


def test_a_database_that_is_not_there_is_one_sentence(
    rds: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(monkeypatch, "missing") == 1
    assert "There is no database instance missing here" in capsys.readouterr().err


def test_without_a_check_the_copy_waits_for_whoever_counts_by_hand(rds: Any) -> None:
    there: list[bool] = []
    one, said = drill(rds)
    one.pause = lambda _: there.append(one.describe(one.copy) is not None)
    one.run()
    assert there == [True]
    assert any("Nothing was compared" in line for line in said)
    assert [line for line in said if "COUNT(*) FROM note" in line and one.copy in line]


def test_a_check_is_run_without_a_shell(rds: Any, tmp_path: Path) -> None:
    one, _ = drill(rds, check=f"echo note 1; touch {tmp_path / 'made'}")
    with pytest.raises(Failed, match="printed no"):
        one.count("host")
    assert list(tmp_path.iterdir()) == []


def test_a_copy_that_is_still_being_made_is_deleted_as_soon_as_it_may_be(
    rds: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = drill(rds)
    one.restore(one.plan())
    answers = [rds.exceptions.InvalidDBInstanceStateFault({"Error": {}}, "DeleteDBInstance")] * 2
    delete = rds.delete_db_instance

    def not_yet(**arguments: Any) -> None:
        if answers:
            raise answers.pop()
        delete(**arguments)

    monkeypatch.setattr(rds, "delete_db_instance", not_yet)
    assert one.remove() == one.copy
    assert one.describe(one.copy) is None

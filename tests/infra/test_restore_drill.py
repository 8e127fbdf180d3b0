"""The restore drill: a dry run changes nothing, a real one leaves the database alone and nothing behind.

With the database go the files: what a restored one mentions is in the bucket, or is brought back.
"""

import io
import shlex
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from flask import Flask
from moto import mock_aws

from app import create_app, db
from app.db import backup
from app.db.metadata import sqlalchemy
from app.files import service
from app.files.service import File
from devtools import people
from devtools.databases import migrate, settings
from operations import restore_drill, restore_files
from operations.restore_drill import TAG, Drill, Failed
from operations.restore_files import Bucket

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


# --- Files -----------------------------------------------------------------------------------------------------------

BUCKET = "notes-content-123456789012-eu-central-1"


@pytest.fixture
def bucket(rds: Any) -> Bucket:
    """A bucket that keeps versions, as Terraform makes it, in the same account."""
    s3: Any = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return Bucket(s3, BUCKET)


@pytest.fixture
def app(bucket: Bucket, tmp_path: Path) -> Iterator[Flask]:
    """The app with its files in that bucket."""
    url = f"sqlite:///{tmp_path / 'notes.db'}"
    migrate(url)
    app = create_app(settings(url, FILES_BUCKET=BUCKET, FILES_PREFIX="files/", AWS_REGION="eu-central-1"))
    with app.app_context():
        yield app


@pytest.fixture
def owner(app: Flask) -> int:
    return people.create_accounts(app)["alice"].id


def close_database() -> None:
    db.release()
    sqlalchemy.engine.dispose()


def run_flask(app: Flask, *arguments: str | Path) -> tuple[int, str]:
    close_database()
    done = app.test_cli_runner().invoke(args=[str(argument) for argument in arguments])
    return done.exit_code, done.output


def add(owner: int, content: bytes) -> File:
    return service.add(owner, io.BytesIO(content), "some.txt")


def listing(*names: str) -> str:
    """A program that prints the contents which the database at a host mentions."""
    return shlex.join([sys.executable, "-c", f"print({chr(10).join(names)!r})", "{host}"])


def name_of(file: File) -> str:
    return f"{file.owner_id}/{file.sha256.hex()}"


def test_a_restored_database_finds_the_content_that_was_deleted_after_its_backup(
    app: Flask, owner: int, bucket: Bucket, tmp_path: Path
) -> None:
    kept, deleted = add(owner, b"kept"), add(owner, b"deleted")
    database = tmp_path / "notes.db"
    copy = backup.create(database, tmp_path / "backups")  # like a copy that RDS makes, without content of files
    moment = datetime.now(UTC).replace(microsecond=0)
    service.remove(owner, deleted.id)
    added = add(owner, b"added since")
    close_database()  # one that is open is not replaced
    backup.restore(copy, database)
    status, said = run_flask(app, "files", "check")
    assert (status, said.splitlines()[0]) == (1, f"missing: file {deleted.id} of account {owner}, some.txt")
    assert bucket.undo(moment) == 1
    status, said = run_flask(app, "files", "check")
    assert (status, said.split(";")[0]) == (0, "2 files read, 0 of them missing, changed or withheld")
    # What came after the backup has no file now; it is an orphan, which goes in its turn.
    assert bucket.contents() == dict.fromkeys(map(name_of, (kept, deleted, added)), True)


def test_only_what_was_deleted_since_the_moment_comes_back(owner: int, bucket: Bucket) -> None:
    file = add(owner, b"deleted")
    service.remove(owner, file.id)
    assert bucket.undo(datetime.now(UTC) + timedelta(minutes=1)) == 0
    assert bucket.contents() == {name_of(file): False}
    # Deleted twice, it has two marks; both go, and nothing is left to be done a second time.
    bucket.s3.delete_object(Bucket=BUCKET, Key=f"files/{name_of(file)}")
    assert bucket.undo(datetime.now(UTC) - timedelta(minutes=1)) == 2
    assert bucket.contents() == {name_of(file): True}
    assert bucket.undo(datetime.now(UTC) - timedelta(minutes=1)) == 0


def test_files_are_brought_back_with_go_only(
    owner: int, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    service.remove(owner, add(owner, b"deleted").id)
    for options, said in (((), "Nothing was done"), (("--go",), "1 deletions since")):
        assert list(bucket.contents().values()) == [False]
        monkeypatch.setattr("sys.argv", ["restore_files", BUCKET, "--since", "2026-01-01", *options])
        assert restore_files.main() == 0
        assert said in capsys.readouterr().out
    assert list(bucket.contents().values()) == [True]


def test_a_drill_says_how_many_contents_are_there_and_how_many_are_brought_back(
    rds: Any, owner: int, bucket: Bucket
) -> None:
    kept, deleted = add(owner, b"kept"), add(owner, b"deleted")
    service.remove(owner, deleted.id)
    one, said = drill(rds, check=COUNTS, contents=listing(name_of(kept), name_of(deleted)), bucket=bucket)
    one.run()
    assert "  contents of files in the copy: 1 there, 1 to be brought back, 0 missing" in said


@pytest.mark.parametrize(
    ("contents", "reason"), [(listing("1/0f"), "has no version of: 1/0f"), ("false", "failed"), ("no-such", "run")]
)
def test_a_drill_fails_where_a_content_is_lost_and_still_cleans_up(
    rds: Any, bucket: Bucket, contents: str, reason: str
) -> None:
    before = instances(rds)
    one, _ = drill(rds, contents=contents, bucket=bucket)
    with pytest.raises(Failed, match=reason):
        one.run()
    assert instances(rds) == before

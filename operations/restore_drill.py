"""Proves that the database can be restored: restores a copy beside it, compares the two, deletes the copy.

With --contents it also proves that the bucket has, or can bring back, the content of every file in the copy.

Without --go it only prints its steps. It changes and deletes only the copy, which is identified by its tag.
"""

import argparse
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from operations.restore_files import Bucket

TAG = "restore-drill"  # its value is the name of the database the copy was made from
BROKEN = {"failed", "incompatible-restore", "incompatible-parameters", "incompatible-network", "storage-full"}
QUERY = "SELECT 'account', COUNT(*) FROM account UNION SELECT 'note', COUNT(*) FROM note"

Instance = dict[str, Any]


class Failed(Exception):
    """The drill did not prove what it should; the message says why."""


@dataclass
class Drill:
    rds: Any
    source: str
    latest_time: bool = False
    check: str | None = None
    every: float = 15
    say: Callable[[str], None] = print
    pause: Callable[[str], object] = lambda prompt: sys.stdin.isatty() and input(prompt)
    contents: str | None = None
    bucket: Bucket | None = None

    def __post_init__(self) -> None:
        self.copy = f"{self.source}-drill-{datetime.now(UTC):%Y%m%d-%H%M%S}"

    def plan(self) -> dict[str, Any]:
        """The request to RDS: the copy has the database's subnets and security group."""
        live = self.describe(self.source)
        if live is None:
            raise Failed(f"There is no database instance {self.source} here. Is the region right?")
        settings = {
            "DBInstanceClass": live["DBInstanceClass"],
            "DBSubnetGroupName": live["DBSubnetGroup"]["DBSubnetGroupName"],
            "VpcSecurityGroupIds": [group["VpcSecurityGroupId"] for group in live["VpcSecurityGroups"]],
            "DBParameterGroupName": live["DBParameterGroups"][0]["DBParameterGroupName"],
            "PubliclyAccessible": False,
            "MultiAZ": False,
            "DeletionProtection": False,
            "Tags": [{"Key": TAG, "Value": self.source}],
        }
        if self.latest_time:
            self.say(f"To restore: {self.source} as it was at {live['LatestRestorableTime']:%Y-%m-%d %H:%M:%S %Z}.")
            names = {"SourceDBInstanceIdentifier": self.source, "TargetDBInstanceIdentifier": self.copy}
            return settings | names | {"UseLatestRestorableTime": True}
        snapshot = self.latest_snapshot()
        created = snapshot["SnapshotCreateTime"]
        old = datetime.now(UTC) - created
        self.say(f"To restore: {snapshot['DBSnapshotIdentifier']}, {minutes(old.total_seconds())} old.")
        return settings | {"DBInstanceIdentifier": self.copy, "DBSnapshotIdentifier": snapshot["DBSnapshotIdentifier"]}

    def latest_snapshot(self) -> dict[str, Any]:
        pages = self.rds.get_paginator("describe_db_snapshots").paginate(DBInstanceIdentifier=self.source)
        usable = [snapshot for page in pages for snapshot in page["DBSnapshots"] if snapshot["Status"] == "available"]
        if not usable:
            raise Failed(f"{self.source} has no snapshot that could be restored.")
        return dict(max(usable, key=lambda snapshot: snapshot["SnapshotCreateTime"]))

    def run(self) -> None:
        asked = self.plan()
        started = time.monotonic()
        try:
            self.restore(asked)
            host = self.wait("available")
            ready = time.monotonic()
            self.say(f"Restored in {minutes(ready - started)}: {host}")
            self.look_for_contents(host)
            self.compare(host)
        finally:
            removed = self.remove()
        self.say(f"Deleted {removed}. The whole drill took {minutes(time.monotonic() - started)}.")

    def restore(self, asked: dict[str, Any]) -> None:
        self.say(f"Restoring into {self.copy} ...")
        call = "restore_db_instance_to_point_in_time" if self.latest_time else "restore_db_instance_from_db_snapshot"
        getattr(self.rds, call)(**asked)

    def wait(self, wanted: str) -> str:
        """Until the copy is there, or gone; its host name."""
        began, last = time.monotonic(), ""
        while True:
            instance = self.describe(self.copy)
            status = instance["DBInstanceStatus"] if instance else "gone"
            if status != last:
                self.say(f"  {status} after {minutes(time.monotonic() - began)}")
            if status == wanted:
                return instance["Endpoint"]["Address"] if instance else ""
            if wanted != "gone" and status in BROKEN | {"gone"}:
                raise Failed(f"The copy is {status}: see the events of {self.copy} in the RDS console.")
            self.rest(status, began)
            last = status

    def rest(self, status: str, began: float) -> None:
        """Until the next look; on a terminal a clock runs meanwhile."""
        until = time.monotonic() + self.every
        while (left := until - time.monotonic()) > 0:
            if sys.stdout.isatty():
                print(f"  {status} {minutes(time.monotonic() - began)}", end="\r", flush=True)
            time.sleep(min(1, left))

    def compare(self, host: str) -> None:
        live = self.describe(self.source) or {}
        hosts = {"the database": live["Endpoint"]["Address"], "the copy": host}
        if self.check is None:
            self.say("Nothing was compared: no --check was given. Through the bastion (docs/deployment.md):")
            for which, address in hosts.items():
                self.say(f'  mysql --host {address} --ssl-mode REQUIRED notes --execute "{QUERY}"    # {which}')
            self.pause("Enter deletes the copy. ")
            return
        counts = {which: self.count(address) for which, address in hosts.items()}
        now, then = counts["the database"], counts["the copy"]
        for table, number in now.items():
            self.say(f"  {table}: {then.get(table, 'missing')} in the copy, {number} in the database now")
        missing = [table for table, number in now.items() if number and not then.get(table)]
        if missing or not now:
            raise Failed(f"The copy lacks rows of: {', '.join(missing) or 'everything, for nothing was counted'}")

    def count(self, host: str) -> dict[str, int]:
        """What the check prints, a table and a number a line."""
        try:
            return {table: int(number) for table, number in map(str.split, ask(self.check or "", host))}
        except (OSError, ValueError) as trouble:
            raise Failed(f"The check on {host} printed no 'TABLE NUMBER' lines: {trouble}") from trouble

    def look_for_contents(self, host: str) -> None:
        """Whether the bucket has what the files of the copy hold, as it is now or as it was."""
        if self.contents is None or self.bucket is None:
            return
        try:
            wanted = set(ask(self.contents, host))
        except OSError as trouble:
            raise Failed(f"{self.contents} could not be run: {trouble}") from trouble
        kept = self.bucket.contents()
        there = sum(kept.get(name, False) for name in wanted)
        missing = sorted(wanted - kept.keys())
        deleted = len(wanted) - there - len(missing)
        self.say(
            f"  contents of files in the copy: {there} there, {deleted} to be brought back, {len(missing)} missing"
        )
        if missing:
            raise Failed(f"{self.bucket.name} has no version of: {', '.join(missing[:5])}")

    def remove(self) -> str:
        """Deletes the copy, and refuses whatever does not carry the drill's tag."""
        instance = self.describe(self.copy)
        if instance is None:
            return "nothing: the copy was never made"
        tags = {tag["Key"]: tag["Value"] for tag in instance.get("TagList", [])}
        if self.copy == self.source or tags.get(TAG) != self.source:
            raise Failed(f"{self.copy} was not made by this drill: it is left alone.")
        self.say(f"Deleting {self.copy} ...")
        name = {"DBInstanceIdentifier": self.copy}
        if instance["DeletionProtection"]:
            self.insist(self.rds.modify_db_instance, **name, DeletionProtection=False, ApplyImmediately=True)
        self.insist(self.rds.delete_db_instance, **name, SkipFinalSnapshot=True, DeleteAutomatedBackups=True)
        self.wait("gone")
        return self.copy

    def insist(self, call: Callable[..., Any], **arguments: Any) -> None:
        """An instance that is still being made, or changed, can be neither changed nor deleted."""
        while True:
            try:
                call(**arguments)
                return
            except self.rds.exceptions.InvalidDBInstanceStateFault:
                time.sleep(self.every)

    def left_over(self) -> list[str]:
        """Copies of a drill that was killed: they cost money."""
        pages = self.rds.get_paginator("describe_db_instances").paginate()
        return [
            instance["DBInstanceIdentifier"]
            for page in pages
            for instance in page["DBInstances"]
            if {"Key": TAG, "Value": self.source} in instance.get("TagList", [])
        ]

    def describe(self, name: str) -> Instance | None:
        try:
            return dict(self.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0])
        except self.rds.exceptions.DBInstanceNotFoundFault:
            return None


def ask(command: str, host: str) -> list[str]:
    """The lines that the operator's program prints of the database at a host. Raises Failed, and OSError."""
    words = shlex.split(command.replace("{host}", host))
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=True)  # noqa: S603 - the operator's own
        return done.stdout.splitlines()
    except subprocess.CalledProcessError as trouble:
        raise Failed(f"The check failed on {host}: {trouble.stderr.strip()[-500:]}") from trouble


def minutes(seconds: float) -> str:
    whole = int(seconds)
    days, hours = whole // 86400, whole % 86400 // 3600
    return f"{days} d {hours} h" if days else f"{hours}:{whole % 3600 // 60:02}:{whole % 60:02}"


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("instance", help="identifier of the database, for example notes")
    arguments.add_argument("--go", action="store_true", help="do it; without, only say what would be done")
    arguments.add_argument("--latest-time", action="store_true", help="restore to the latest second, not a snapshot")
    arguments.add_argument("--check", help="command run for both, {host} being the address; prints 'TABLE NUMBER'")
    arguments.add_argument("--contents", help="command run for the copy; prints 'OWNER/SHA256' of each file")
    arguments.add_argument("--bucket", help="the bucket of files that is searched for them")
    arguments.add_argument("--every", type=float, default=15, help="seconds between two looks (15)")
    given = arguments.parse_args()
    if (given.contents is None) != (given.bucket is None):
        arguments.error("--contents and --bucket are given together")
    try:
        drill = Drill(boto3.client("rds"), given.instance, given.latest_time, given.check, given.every)
        if given.bucket:
            drill.contents, drill.bucket = given.contents, Bucket(boto3.client("s3"), given.bucket)
        for copy in drill.left_over():
            print(f"Left from an earlier drill: {copy}. If no drill is running, delete it:")
            print(f"  aws rds delete-db-instance --db-instance-identifier {copy} --skip-final-snapshot")
        if given.go:
            drill.run()
        else:
            for name, value in drill.plan().items():
                print(f"  {name}: {value}")
            print("Nothing was done. To do it, say --go.")
    except (Failed, BotoCoreError, ClientError) as reason:
        print(reason, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; what was made has been deleted again.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())

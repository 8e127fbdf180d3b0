"""Brings back the content of files that was deleted since a moment: what a database restored to that moment mentions.

Content never changes, and the bucket keeps what is deleted for 90 days, under a mark of its deletion; this removes the
marks. What comes back although no file of the database has it is deleted again by the app, a day later. Without --go it
only counts.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError


@dataclass(frozen=True)
class Bucket:
    s3: Any
    name: str
    prefix: str = "files/"

    def _pages(self) -> Iterator[dict[str, Any]]:
        pages = self.s3.get_paginator("list_object_versions").paginate(Bucket=self.name, Prefix=self.prefix)
        yield from pages

    def contents(self) -> dict[str, bool]:
        """Owner and SHA-256 of each content that has a version => whether it is there; others can be brought back."""
        found: dict[str, bool] = {}
        for version in (one for page in self._pages() for one in page.get("Versions", [])):
            name = version["Key"].removeprefix(self.prefix)
            found[name] = found.get(name, False) or version["IsLatest"]
        return found

    def deletions(self, since: datetime) -> Iterator[list[dict[str, str]]]:
        """The marks of what was deleted since then, some at a time."""
        for page in self._pages():
            marks = [mark for mark in page.get("DeleteMarkers", []) if mark["LastModified"] >= since]
            if marks:
                yield [{"Key": mark["Key"], "VersionId": mark["VersionId"]} for mark in marks]

    def undo(self, since: datetime) -> int:
        """Remove the marks; return how many. Done again after an interruption, it goes on. Raises RuntimeError."""
        undone = 0
        for marks in self.deletions(since):
            answer = self.s3.delete_objects(Bucket=self.name, Delete={"Objects": marks, "Quiet": True})
            if errors := answer.get("Errors"):
                raise RuntimeError(f"{errors[0]['Key']}: {errors[0]['Message']}")
            undone += len(marks)
        return undone


def moment(text: str) -> datetime:
    """Read a time of ISO 8601; one without a zone is UTC."""
    given = datetime.fromisoformat(text)
    return given if given.tzinfo else given.replace(tzinfo=UTC)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("bucket", help="the bucket of files, for example notes-content-123456789012-eu-central-1")
    arguments.add_argument("--since", type=moment, required=True, help="what the database was restored to, or earlier")
    arguments.add_argument("--prefix", default="files/", help="what the keys begin with (files/)")
    arguments.add_argument("--go", action="store_true", help="do it; without, only count")
    given = arguments.parse_args()
    try:
        bucket = Bucket(boto3.client("s3"), given.bucket, given.prefix)
        if given.go:
            print(f"{bucket.undo(given.since):,} deletions since {given.since} are undone. Now run: flask files check")
        else:
            print(f"{sum(map(len, bucket.deletions(given.since))):,} deletions since {given.since}.")
            print("Nothing was done. To undo them, say --go.")
    except (RuntimeError, BotoCoreError, ClientError) as reason:
        print(reason, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

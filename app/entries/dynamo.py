"""The store of entries in a DynamoDB table; imported, and boto3 with it, only where it is chosen.

The table's key is username and timestamp. Its index `latest` holds the entries of all people, by year and timestamp.
Nothing here ever scans. Names that begin with # belong to no person: under them the attempts are counted.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from app.entries.store import LIMIT_MINUTES, Entry
from app.errors import Cause, TooMany, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

INDEX = "latest"
FIRST_YEAR = 2026  # nothing is older
WINDOW = LIMIT_MINUTES * 60  # seconds
BUCKETS = 65_536  # counters that all addresses share, so that their number is bounded without anybody sweeping

# A second is a hundred times what DynamoDB takes; three attempts with their pauses stay below a proxy's patience.
PATIENCE = Config(
    connect_timeout=1,
    read_timeout=1,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=16,
)
REFUSED = "ConditionalCheckFailedException"


class DynamoStore:
    def __init__(self, table: str, region: str) -> None:
        self.table = table
        # Credentials and AWS_ENDPOINT_URL are found by boto3's own rules; no connection is opened before the first use.
        self.client: DynamoDBClient = boto3.client("dynamodb", region_name=region, config=PATIENCE)

    def add(self, entry: Entry) -> bool:
        kept = item(entry)
        old = self._unless_refused(
            lambda: self.client.put_item(
                TableName=self.table,
                Item=kept,
                ConditionExpression="attribute_not_exists(username)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        )
        # An answer can get lost: boto3 then asks again, and is refused because of what it stored itself.
        return old is None or old == kept

    def latest(self) -> Entry | None:
        return next(iter(self.recent(1)), None)

    def recent(self, limit: int, before: str | None = None) -> Sequence[Entry]:
        found: list[Entry] = []
        year = _year(before)
        while len(found) < limit and year >= FIRST_YEAR:
            found += self._query("feed", str(year), limit - len(found), before, IndexName=INDEX)
            year -= 1
        return found

    def of(self, username: str, limit: int, before: str | None = None) -> Sequence[Entry]:
        return self._query("username", username, limit, before, ConsistentRead=True)

    def count(self, limits: Mapping[str, int]) -> None:
        for subject, limit in limits.items():
            self._count(_counter(subject), limit, int(time.time()))

    def create_table(self) -> bool:
        """Create the table as Terraform does, for development; return False when it is there already."""
        with _translated():
            try:
                self.client.create_table(TableName=self.table, **SCHEMA)
            except self.client.exceptions.ResourceInUseException:
                return False
        return True

    def _query(self, key: str, value: str, limit: int, before: str | None, **options: Any) -> list[Entry]:
        condition, values = "#key = :value", {":value": {"S": value}}
        names = {"#key": key}
        if before:
            condition += " AND #timestamp < :before"
            values[":before"] = {"S": before}
            names["#timestamp"] = "timestamp"
        with _translated():
            items = self.client.query(
                TableName=self.table,
                KeyConditionExpression=condition,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
                ScanIndexForward=False,
                Limit=limit,
                **options,
            )["Items"]
        return [Entry(found["username"]["S"], found["number"]["S"], found["timestamp"]["S"]) for found in items]

    def _count(self, counter: str, limit: int, now: int) -> None:
        """Add one to a counter that begins anew with every window. Raises TooMany."""
        window = now // WINDOW
        of_this_window = "time_window = :window AND attempts < :limit"
        if self._change(counter, "SET attempts = attempts + :one", of_this_window, window, limit=limit):
            return
        of_earlier = "attribute_not_exists(time_window) OR time_window < :window"
        if self._change(counter, "SET attempts = :one, time_window = :window", of_earlier, window):
            return
        # Somebody else may have begun the window between the two.
        if not self._change(counter, "SET attempts = attempts + :one", of_this_window, window, limit=limit):
            raise TooMany.attempts(retry_after=(window + 1) * WINDOW - now)

    def _change(self, counter: str, change: str, condition: str, window: int, **values: int) -> bool:
        numbers = {"one": 1, "window": window} | values
        refused = self._unless_refused(
            lambda: self.client.update_item(
                TableName=self.table,
                Key={"username": {"S": counter}, "timestamp": {"S": "#"}},
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeValues={f":{name}": {"N": str(number)} for name, number in numbers.items()},
            )
        )
        return refused is None

    def _unless_refused(self, write: Callable[[], object]) -> dict[str, Any] | None:
        """Write, and return None; or, when the condition refused it, the item as it is (as far as it was asked for)."""
        with _translated():
            try:
                write()
            except ClientError as error:
                if error.response["Error"]["Code"] != REFUSED:
                    raise
                there: dict[str, Any] = error.response.get("Item", {})  # type: ignore[assignment]  # unknown to the stubs
                return there
        return None


def item(entry: Entry) -> dict[str, Any]:
    """Return the entry as the table holds it; `feed` is the year, by which the index of the latest is divided."""
    return {
        "username": {"S": entry.username},
        "timestamp": {"S": entry.timestamp},
        "number": {"S": entry.number},
        "feed": {"S": entry.timestamp[:4]},
    }


def _year(before: str | None) -> int:
    """Return the year in which to begin; a cursor that somebody made up must not lead through all years to come."""
    present = datetime.now(UTC).year
    return min(int(before[:4]), present) if before else present


def _counter(subject: str) -> str:
    bucket = int.from_bytes(hashlib.sha256(subject.encode()).digest()) % BUCKETS
    return f"#attempts {bucket}"


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        if isinstance(error, ClientError) and error.response["Error"]["Code"] == "ValidationException":
            raise  # a fault of ours
        # Not that nothing was changed: an entry may have arrived although its confirmation got lost.
        sentence = "The entries cannot be reached right now; please try again in a moment."
        raise Unavailable(sentence, cause=Cause.DYNAMODB) from error


SCHEMA: dict[str, Any] = {
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": "S"} for name in ("username", "timestamp", "feed")
    ],
    "KeySchema": [
        {"AttributeName": "username", "KeyType": "HASH"},
        {"AttributeName": "timestamp", "KeyType": "RANGE"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": INDEX,
            "KeySchema": [
                {"AttributeName": "feed", "KeyType": "HASH"},
                {"AttributeName": "timestamp", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}

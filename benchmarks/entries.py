"""What the latest of so many entries costs on DynamoDB: our look-up beside a scan, in requests and read units.

    make bench BENCH=entries

The table is emulated (moto, in this process), so no times are printed. Its own figures of consumed capacity do not
depend on sizes; the units here are worked out from the sizes of the items that each request read, as AWS documents it:
half a unit for every 4 KB begun, eventually consistent.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from moto import mock_aws

from app.entries.dynamo import DynamoStore, item
from app.entries.store import Entry

SIZES = (10, 1_000, 100_000)
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
ACCOUNT = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}


class Meter:
    """Counts what a client asks and what that reads; the unit is a read unit of DynamoDB."""

    def __init__(self, client: Any) -> None:
        self.calls = self.scanned = 0
        self.units = 0.0
        client.meta.events.register("after-call.dynamodb", self._count)

    def _count(self, parsed: dict[str, Any], **_: Any) -> None:
        self.calls += 1
        self.scanned += parsed["ScannedCount"]
        self.units += max(1, -(-sum(map(size, parsed["Items"])) // 4096)) / 2


def size(read: dict[str, dict[str, str]]) -> int:
    """Return the bytes that an item of strings counts as: its names and its values."""
    return sum(len(name.encode()) + len(value["S"].encode()) for name, value in read.items())


def fill(store: DynamoStore, number: int) -> Entry:
    """Store entries of a thousand people, a second apart; return the newest. Their order in the table is another."""
    entries = [_entry(position) for position in range(number)]
    for first in range(0, number, 25):
        puts = [{"PutRequest": {"Item": item(entry)}} for entry in entries[first : first + 25]]
        store.client.batch_write_item(RequestItems={store.table: puts})
    return entries[-1]


def _entry(position: int) -> Entry:
    moment = (BEGAN + timedelta(seconds=position)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return Entry(f"person{position % 1000}", f"{position:08}", f"{moment}-{position:016x}")


def scan_one_page(store: DynamoStore) -> str:
    return _newest(store.client.scan(TableName=store.table)["Items"])


def scan_all(store: DynamoStore) -> str:
    pages = store.client.get_paginator("scan").paginate(TableName=store.table)
    return _newest([found for page in pages for found in page["Items"]])


def _newest(items: list[Any]) -> str:
    newest: str = max(found["timestamp"]["S"] for found in items)
    return newest


def look_up(store: DynamoStore) -> str:
    latest = store.latest()
    return latest.timestamp if latest else ""


READERS: dict[str, Callable[[DynamoStore], str]] = {
    "ours: one query": look_up,
    "scan, one page": scan_one_page,
    "scan, all pages": scan_all,
}


def main(sizes: list[int]) -> None:
    os.environ.update(ACCOUNT)
    print("| entries | how | requests | items read | read units | finds the latest |")
    print("|--:|---|--:|--:|--:|---|")
    for number in sizes:
        with mock_aws():
            store = DynamoStore("EightDigit", "eu-central-1")
            store.create_table()
            newest = fill(store, number)
            for name, read in READERS.items():
                print(row(number, name, read, newest.timestamp), flush=True)


def row(number: int, name: str, read: Callable[[DynamoStore], str], newest: str) -> str:
    store = DynamoStore("EightDigit", "eu-central-1")
    meter = Meter(store.client)
    right = "yes" if read(store) == newest else "no"
    return f"| {number:,} | {name} | {meter.calls:,} | {meter.scanned:,} | {meter.units:,.1f} | {right} |"


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or list(SIZES))

"""What a store of entries must do. Two stores do it, SQL and DynamoDB, and one suite of tests holds both to it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

# Fixed width, so that it sorts as text: a moment in UTC and a suffix that tells two entries of one moment apart.
TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z-[0-9a-f]{16}")
SUFFIX = 16  # hexadecimal digits
LIMIT_MINUTES = 15  # over which entries are counted


@dataclass(frozen=True, slots=True)
class Entry:
    """`number` is text, because its leading zeros count; `timestamp` is the entry's place among all others."""

    username: str
    number: str
    timestamp: str

    @property
    def sent_at(self) -> datetime:
        return datetime.fromisoformat(self.timestamp[: -SUFFIX - 1])


def timestamp(suffix: str | None = None) -> str:
    """Return the present moment by the clock of this machine, with `suffix` or a random one.

    Entries are ordered by the clocks of the processes that took them. Where several do, entries that are closer
    together than those clocks may stand in the wrong order; docs/adr/0007-latest-entry.md.
    """
    now = datetime.now(UTC).replace(tzinfo=None)
    return f"{now.isoformat(timespec='microseconds')}Z-{suffix or secrets.token_hex(SUFFIX // 2)}"


class Store(Protocol):
    """Every method raises Unavailable when the store does not answer within a few seconds."""

    def add(self, entry: Entry) -> bool:
        """Keep the entry. Return False when its place is taken by another; adding the very same twice does no harm."""

    def latest(self) -> Entry | None:
        """Return the newest entry of all, by one look-up that costs the same however many there are."""

    def recent(self, limit: int, before: str | None = None) -> Sequence[Entry]:
        """Return up to `limit` entries of everybody, newest first, from below the timestamp `before`."""

    def of(self, username: str, limit: int, before: str | None = None) -> Sequence[Entry]:
        """Return what one person sent, as `recent` does; what was just added is included."""

    def count(self, limits: Mapping[str, int]) -> None:
        """Count an attempt of each subject. Raises TooMany when one has made as many as its limit in the last while."""

"""Time: the present in microseconds since 1970 (UTC), as tables hold it, and what it is as datetime, text and date."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta

SECOND = 1_000_000  # microseconds
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now_us() -> int:
    """Return the present in microseconds since 1970 (UTC)."""
    return time.time_ns() // 1000


def to_datetime(microseconds: int) -> datetime:
    """Return the time in UTC, exact to the microsecond: dividing by a million would round it."""
    return _EPOCH + timedelta(microseconds=microseconds)


def from_datetime(when: datetime) -> int:
    """Return microseconds since 1970; `when` is aware of its time zone."""
    return (when - _EPOCH) // timedelta(microseconds=1)


def in_utc(when: datetime) -> datetime:
    """Return a time without an offset, which is in UTC, as one that knows it."""
    return when.replace(tzinfo=UTC)


def rfc3339(microseconds: int) -> str:
    """Return the time as RFC 3339 writes it, in UTC with a Z."""
    return to_datetime(microseconds).isoformat().removesuffix("+00:00") + "Z"


def to_date(microseconds: int) -> date:
    """Return the day in UTC."""
    return to_datetime(microseconds).date()

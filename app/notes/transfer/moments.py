"""Moments as people write them (ISO 8601) and as they are stored: microseconds since 1970 (UTC)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

T = TypeVar("T")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)  # the order of done tasks is made for less than 2**52 microseconds


def shown(moment: int) -> datetime:
    return EPOCH + timedelta(microseconds=moment)


def parse(text: str) -> int | None:
    """Return the moment that `text` names (UTC where it names no zone), None when it names none from 1970 to 2099."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    # Compared without the zone first: the arithmetic of year 1 or 9999 in another zone overflows.
    if not EPOCH.year <= found.year < LATEST.year:
        return None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return max(0, (found - EPOCH) // timedelta(microseconds=1))


def parse_day(text: str) -> date | None:
    """Return the day that `text` names or begins with, None when it names none."""
    try:
        return datetime.fromisoformat(text.strip()).date()
    except ValueError:
        return None


def needed(found: T | None) -> T:
    """Return what a parser found. Raises ValueError where it found nothing."""
    if found is None:
        raise ValueError
    return found

"""Moments and dates as people say them, by the calendar and the clock of the person who reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal

from app import clock
from app.errors import Invalid

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTH = re.compile(r"([12][0-9]{3})-(0[1-9]|1[0-2])", re.ASCII)
MINUTE, HOUR, DAY = 60, 3600, 86400  # seconds
FARTHEST = 14 * 60  # minutes from UTC: the Line Islands
EPOCH = date(1970, 1, 1)

Urgency = Literal["", "overdue", "today", "later"]


@dataclass(frozen=True, slots=True)
class Calendar:
    """A moment, in microseconds since 1970 (UTC), where the clocks are `ahead` minutes ahead of UTC."""

    now: int
    ahead: int

    @classmethod
    def of(cls, ahead: int) -> Calendar:
        """Return the present for somebody; an offset that no place has is none."""
        return cls(clock.now_us(), ahead if abs(ahead) <= FARTHEST else 0)

    @property
    def today(self) -> date:
        return EPOCH + timedelta(self._day(self.now))

    def ago(self, moment: int) -> str:
        """Return how long ago `moment` was: by the hour for a day, then by the days of the calendar."""
        seconds = (self.now - moment) // 1_000_000
        if seconds < MINUTE:
            return "just now"
        if seconds < HOUR:
            return f"{seconds // MINUTE} min ago"
        if seconds < DAY:
            return f"{seconds // HOUR} h ago"
        then, today = self._day(moment), self._day(self.now)
        if today - then == 1:
            return "yesterday"
        return f"{today - then} days ago" if today - then < 7 else _day_words(then, today)

    def clock(self, moment: int) -> str:
        """Return the date and the time of a moment, as a clock there shows it."""
        minute = moment // 1_000_000 // MINUTE + self.ahead
        of = EPOCH + timedelta(minute // (DAY // MINUTE))
        return f"{of.day} {MONTHS[of.month - 1]} {of.year:04}, {minute // 60 % 24:02}:{minute % 60:02}"

    def end_of_month(self, typed: str) -> int:
        """Return the moment at which a month ends there, given as 2026-05. Raises Invalid."""
        if not (match := MONTH.fullmatch(typed)):
            raise Invalid({"month": "Write a month as 2026-05."})
        year, month = int(match[1]), int(match[2])
        following = date(year + month // 12, month % 12 + 1, 1)
        return ((following - EPOCH).days * DAY - self.ahead * MINUTE) * 1_000_000

    def _day(self, moment: int) -> int:
        """Return the days from 1970 to the day of a moment."""
        return (moment // 1_000_000 + self.ahead * MINUTE) // DAY


def machine_time(moment: int) -> str:
    return _machine_time(moment // 1_000_000 // MINUTE)


@lru_cache(maxsize=10_000)
def _machine_time(minute: int) -> str:
    return datetime.fromtimestamp(minute * MINUTE, UTC).isoformat(timespec="minutes")


@lru_cache(maxsize=10_000)
def _day_words(of: int, today: int) -> str:
    """Return `day` of days counted since 1970."""
    return day(EPOCH + timedelta(of), EPOCH + timedelta(today))


def day(of: date, today: date) -> str:
    """Return `of` as people write it, with the year where it is not the present one."""
    return f"{of.day} {MONTHS[of.month - 1]}" + ("" if of.year == today.year else f" {of.year:04}")


def urgency_of(due: date | None, status: str, today: date) -> Urgency:
    if due is None:
        return ""
    if status == "done" or due > today:
        return "later"
    return "today" if due == today else "overdue"


def due_words(due: date | None, urgency: Urgency, today: date) -> str:
    if due is None:
        return ""
    if urgency == "today":
        return "Due today"
    words = "tomorrow" if (due - today).days == 1 else day(due, today)
    return f"Overdue: {words}" if urgency == "overdue" else f"Due {words}"

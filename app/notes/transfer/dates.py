"""Dates and times as the export writes them (ISO 8601), as people do elsewhere, and as microseconds since 1970."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from dateutil import parser

from app import clock

FIRST_YEAR, LAST_YEAR = 1970, 2099  # the order of done tasks is made for less than 2**52 microseconds
LONGEST = 64  # characters; a parser need not look at more

# Numbers of other programs: seconds, milliseconds or microseconds since 1970, told apart by their length since 1973;
# and the time as one number, as in the names of a Zettelkasten.
SINCE_1970 = {9: 1_000_000, 10: 1_000_000, 13: 1_000, 16: 1}
AS_ONE_NUMBER = {12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.]\d{1,2}(?!\d)")
YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(?:\d{4}|\d{2})(?!\d)")
# Beside an offset a name says nothing more, and dateutil takes GMT+2 for two hours behind GMT.
NAME_BESIDE_OFFSET = re.compile(r"\b(?:GMT|UTC) ?(?=[+-]\d)|(?<=[+-]\d{4}) (?:\([^()]*\)|[A-Z]{2,5})$")
# RFC 2822, section 4.3; other names of zones mean different things in different countries.
ZONES = {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}


@dataclass(frozen=True, slots=True)
class Date:
    """What a text names: a time with its zone (UTC where it names none), and whether it could mean another day."""

    time: datetime
    is_ambiguous: bool = False


def to_microseconds(time: datetime) -> int:
    """Return microseconds since 1970; a zone may put the first hours of 1970 before it."""
    return max(0, clock.from_datetime(time))


def parse_iso(text: str) -> datetime:
    """Return the time that a text in ISO 8601 names, from 1970 to 2099. Raises ValueError."""
    found = datetime.fromisoformat(text.strip())
    # Compared without the zone: the arithmetic of year 1 or 9999 in another zone overflows.
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def parse(text: str) -> Date | None:
    """Return what `text` names in any of the usual forms, None where it does not name a whole day from 1970 to 2099."""
    text = text.strip().strip("[]\"'").strip()
    if not text or len(text) > LONGEST:
        return None
    for read in (_parse_number, parse_iso, _parse_form):
        try:
            found = read(text)
        except (ValueError, ArithmeticError):  # dateutil reckons with decimals, and some numbers are beyond them
            continue
        return found if isinstance(found, Date) else Date(found)
    return None


def _parse_number(text: str) -> datetime:
    digits = text.partition(".")[0]
    if not digits.isascii() or not digits.isdigit():
        raise ValueError(text)
    if len(text) in AS_ONE_NUMBER and digits == text:
        return parse_iso(datetime.strptime(text, AS_ONE_NUMBER[len(text)]).replace(tzinfo=UTC).isoformat())
    return parse_iso(clock.to_datetime(int(float(text) * SINCE_1970.get(len(digits), 0)) or -1).isoformat())


def _parse_form(text: str) -> Date:
    first, last = YEAR_FIRST.search(text), YEAR_LAST.match(text)
    if first and int(first[2]) > 12:  # dateutil would take it for a day
        raise ValueError(text)
    text = NAME_BESIDE_OFFSET.sub("", text)
    day_first = bool(last and last[2] == ".")
    # What a text does not say, dateutil takes from a default: two that differ show whether it said the day.
    found, other = (
        parser.parse(text, default=default, dayfirst=day_first, yearfirst=bool(first), tzinfos=_zone)
        for default in (datetime(2000, 1, 1), datetime(2001, 2, 2))  # noqa: DTZ001  # the zone is the text's
    )
    if found != other:
        raise ValueError(text)
    is_ambiguous = bool(last and not day_first and last[1] != last[3] and int(last[1]) <= 12 and int(last[3]) <= 12)
    return Date(parse_iso(found.isoformat()), is_ambiguous)


def _zone(name: str | None, offset: int | None) -> tzinfo | None:
    if offset is not None:
        return timezone(timedelta(seconds=offset))
    if name is None:
        return None
    if name not in ZONES:
        raise ValueError(name)
    return timezone(timedelta(hours=ZONES[name]))

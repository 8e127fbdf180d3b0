"""Conditions and ranges are answered as RFC 9110 says; werkzeug's reading of them is the other opinion."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.http import parse_range_header

from app.files.serving import Plan, plan

ETAG = '"abc"'
SIZES = st.integers(1, 200)
NUMBERS = st.integers(0, 250)
RANGES = st.one_of(
    st.tuples(NUMBERS, NUMBERS).map(lambda pair: f"{min(pair)}-{max(pair)}"),
    NUMBERS.map(lambda start: f"{start}-"),
    NUMBERS.map(lambda length: f"-{length}"),
)


@given(first=NUMBERS, last=st.none() | NUMBERS, size=SIZES)
def test_a_range_is_what_werkzeug_reads_as_well(first: int, last: int | None, size: int) -> None:
    header = f"bytes={first}-{'' if last is None else max(first, last)}"
    parsed = parse_range_header(header)
    assert parsed
    other = parsed.range_for_length(size)
    assert plan("GET", {"Range": header}, ETAG, size) == (Plan(206, *other) if other else Plan(416))


@given(length=NUMBERS, size=SIZES)
def test_the_end_of_a_content_is_as_much_of_it_as_there_is(length: int, size: int) -> None:
    expected = Plan(206, max(0, size - length), size) if length else Plan(416)  # 14.1.2
    assert plan("GET", {"Range": f"bytes=-{length}"}, ETAG, size) == expected


@given(header=st.text(max_size=40), size=SIZES)
def test_whatever_a_range_says_the_answer_is_within_the_content(header: str, size: int) -> None:
    found = plan("GET", {"Range": header}, ETAG, size)
    assert found.status in {200, 206, 416}
    if found.status != 416:
        assert 0 <= found.start < found.end <= size
    if found.status == 200:
        assert (found.start, found.end) == (0, size)


@given(first=RANGES, second=RANGES, size=SIZES)
def test_several_ranges_are_answered_with_the_whole(first: str, second: str, size: int) -> None:
    assert plan("GET", {"Range": f"bytes={first},{second}"}, ETAG, size) == Plan(200, 0, size)


@pytest.mark.parametrize(
    "header", ["bytes=5-2", "bytes=", "bytes=-", "bytes=a-b", "items=0-1", "bytes=0-1;", "0-1", "bytes=+1-2"]
)
def test_what_is_no_range_is_passed_over(header: str) -> None:
    assert plan("GET", {"Range": header}, ETAG, 10) == Plan(200, 0, 10)


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {"If-Range": ETAG}, 206),
        ("GET", {"If-Range": '"other"'}, 200),
        ("GET", {"If-Range": f"W/{ETAG}"}, 200),  # a weak tag never matches: 13.1.5
        ("GET", {"If-Range": "Wed, 21 Oct 2026 07:28:00 GMT"}, 200),  # there is no date to compare it with
        ("HEAD", {}, 200),  # a range is of GET alone: 14.2
        ("GET", {"If-None-Match": ETAG}, 304),
        ("GET", {"If-None-Match": f"W/{ETAG}"}, 304),  # compared weakly: 13.1.2
        ("GET", {"If-None-Match": '"x", "abc"'}, 304),
        ("GET", {"If-None-Match": "*"}, 304),
        ("GET", {"If-None-Match": '"x"'}, 206),
        ("GET", {"If-Match": '"x"'}, 412),
        ("GET", {"If-Match": f"W/{ETAG}"}, 412),  # compared strongly: 13.1.1
        ("GET", {"If-Match": "*"}, 206),
        ("GET", {"If-Match": ETAG, "If-None-Match": ETAG}, 304),
        ("GET", {"If-Match": '"x"', "If-None-Match": ETAG}, 412),  # in this order: 13.2.2
        ("GET", {"If-Modified-Since": "Wed, 21 Oct 2026 07:28:00 GMT"}, 206),
    ],
)
def test_conditions_come_before_ranges(method: str, headers: dict[str, str], status: int) -> None:
    assert plan(method, {"Range": "bytes=0-1"} | headers, ETAG, 10).status == status

"""Dates as people and programs write them: read, or left alone, never guessed at in silence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.notes.transfer import dates
from app.notes.transfer.markdown_file import read

DAY = "2021-06-21 00:00+00:00"
MORNING = "2021-06-21 10:30+00:00"


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("1624233600", DAY),
        ("1624233600.0", DAY),
        ("1624233600000", DAY),
        ("1624233600000000", DAY),
        ("20210621", DAY),
        ("202106211030", MORNING),
        ("20210621103000", MORNING),
        ("2021-6-21", DAY),
        ("2021-6-1", "2021-06-01 00:00+00:00"),
        ("2021/06/21", DAY),
        ("2021.6.21", DAY),
        ("21.06.2021", DAY),
        ("3.4.2021", "2021-04-03 00:00+00:00"),
        ("06/21/2021", DAY),
        ("21/06/2021", DAY),
        ("6/21/2021 10:30 AM", MORNING),
        ("2021-06-21 10:30 pm", "2021-06-21 22:30+00:00"),
        ("Mon, 21 Jun 2021 12:30:00 +0200", MORNING),
        ("Mon, 21 Jun 2021 05:30:00 CDT", MORNING),
        ("Mon Jun 21 2021 12:30:00 GMT+0200 (CEST)", MORNING),
        ("2021-06-21 10:30:00 +0000 UTC", MORNING),
        ("2021-06-21T10:30Z", MORNING),
        ("2021-06-21T10:30:00.000Z", MORNING),
        ("[[2021-06-21]]", DAY),
        ('"[[2021-06-21]]"', DAY),
        ("June 21, 2021", DAY),
        ("Monday, June 21st 2021, 10:30:00 am", MORNING),
    ],
)
def test_a_date_in_a_usual_form_is_read(text: str, time: str) -> None:
    found = dates.parse(text)
    assert found is not None
    assert (found.time, found.is_ambiguous) == (dates.parse_iso(time), False)


@pytest.mark.parametrize(
    "text",
    [
        *("", "2021", "2021-06", "June 2021", "21", "10:30", "1", "86400", "soon", "tomorrow", "Monday", "3rd of May"),
        *("2021-13-01", "2021-02-30", "2021-06-21 25:00", "0017-06-21", "1969-12-31", "2100-01-01", "0000000000"),
        *("2021-06-21 10:30 XYZ", "2021-06-21T10:00+99:00", "9" * 60, "1" * 100, "1e999", "²0210621", "21" + " " * 99),
        *("9" * 31 + "h", "-" * 2 + "9" * 40 + "m", "99h" + "9" * 60 + "m"),
    ],
)
def test_what_names_no_whole_day_is_left_alone(text: str) -> None:
    assert dates.parse(text) is None


@pytest.mark.parametrize("text", ["03/04/2021", "3-4-2021", "03/04/21"])
def test_a_date_that_may_be_two_is_said(text: str) -> None:
    parsed = read(f"---\ncreated: {text}\n---\n")
    assert parsed.created_at == dates.to_microseconds(dates.parse_iso("2021-03-04"))
    assert [remark.detail for remark in parsed.remarks] == [f"{text}: 2021-03-04"]


@given(st.text(max_size=80) | st.text(st.sampled_from("0123456789-/.: TZ+APM"), max_size=30))
def test_any_text_is_a_date_of_our_time_or_none(text: str) -> None:
    found = dates.parse(text)
    assert found is None or 0 <= dates.to_microseconds(found.time) < 2**52


@pytest.mark.parametrize(
    "name", ["created", "Created", "date", "created_at", "created-at", "date created", "createdAt"]
)
def test_the_time_of_creation_has_many_names(name: str) -> None:
    assert read(f"---\n{name}: 2021-06-21\n---\n").created_at == 1_624_233_600_000_000


@pytest.mark.parametrize("name", ["changed", "updated", "modified", "lastmod", "Updated_At", "date modified"])
def test_the_time_of_the_last_change_has_many_names(name: str) -> None:
    assert read(f"---\nx: y\n{name}: 2021-06-21\n---\n").changed_at == 1_624_233_600_000_000

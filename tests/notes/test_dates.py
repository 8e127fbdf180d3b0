"""Moments and dates are those of the person's calendar and clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from app import clock
from app.errors import Invalid
from app.notes import service
from app.notes.dates import Calendar, day
from app.notes.drafts import Draft


def us(text: str) -> int:
    return clock.from_datetime(datetime.fromisoformat(text).replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("moment", "now", "ahead", "words"),
    [
        ("2026-03-10 11:59:30", "2026-03-10 12:00", 0, "just now"),
        ("2026-03-10 11:00:01", "2026-03-10 12:00", 0, "59 min ago"),
        ("2026-03-09 12:00:01", "2026-03-10 12:00", 0, "23 h ago"),
        ("2026-03-09 00:00", "2026-03-10 23:00", 0, "yesterday"),
        ("2026-03-08 23:59", "2026-03-10 22:59", 0, "2 days ago"),  # 47 hours, and the day before yesterday
        ("2026-03-08 23:59", "2026-03-10 22:59", 60, "yesterday"),
        ("2026-03-08 23:59", "2026-03-10 22:59", -60, "2 days ago"),
        ("2026-03-04 12:00", "2026-03-10 13:00", 0, "6 days ago"),
        ("2026-03-01 23:30", "2026-03-10 12:00", 0, "1 Mar"),
        ("2026-03-01 23:30", "2026-03-10 12:00", 13 * 60, "2 Mar"),
        ("2025-12-31 23:30", "2026-03-10 12:00", 0, "31 Dec 2025"),
        ("2025-12-31 23:30", "2026-03-10 12:00", 13 * 60, "1 Jan"),
        ("2026-01-01 00:30", "2026-12-31 23:30", 13 * 60, "1 Jan 2026"),
    ],
)
def test_a_moment_is_told_by_the_clock_of_the_reader(moment: str, now: str, ahead: int, words: str) -> None:
    assert Calendar(us(now), ahead).ago(us(moment)) == words


def test_years_have_four_digits() -> None:
    assert day(date(17, 6, 1), date(2026, 1, 1)) == "1 Jun 0017"


@pytest.mark.parametrize("year", [1, 17, 999])
def test_a_year_that_is_half_typed_is_refused(year: int) -> None:
    with pytest.raises(Invalid) as refusal:
        Draft("t", due_on=date(year, 6, 1)).cleaned()
    assert refusal.value.fields == {"due_on": "Write the year with four digits."}


def test_every_page_tells_moments_by_the_clock_of_the_reader(
    alice: FlaskClient, owner: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = us("2026-03-01 23:30")
    monkeypatch.setattr(clock, "now_us", lambda: now)
    note = service.create(owner, Draft("Old"), service.new_key())
    service.save(owner, note.id, 1, Draft("New"))
    monkeypatch.undo()
    alice.set_cookie("utc_offset", str(13 * 60))
    here = f"/notes/{note.id}"
    for path in ("/notes", "/search?q=new", here, f"{here}/history", f"{here}/history/1"):
        times = BeautifulSoup(alice.get(path).data, "html.parser").select("main time")
        assert times, path
        assert {time.get_text()[:5] for time in times} == {"2 Mar"}, path


CHANGES: dict[str, Callable[[service.Note], service.Note]] = {
    "saved": lambda note: service.save(note.owner_id, note.id, 1, Draft("t", due_on=date(2026, 5, 1))),
    "patched": lambda note: service.update_fields(note.owner_id, note.id, {"due_on": date(2026, 5, 1)}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_due_date_makes_a_note_a_task(owner: int, change: Callable[[service.Note], service.Note]) -> None:
    note = service.create(owner, Draft("t"), service.new_key())
    assert change(note).draft.status == "open"


def test_a_done_task_with_a_due_date_stays_done(owner: int) -> None:
    draft = Draft("t", status="done", due_on=date(2026, 5, 1))
    assert service.create(owner, draft, service.new_key()).draft.status == "done"


PLAIN: dict[str, Callable[[service.Note], service.Note]] = {
    "set": lambda note: service.set_status(note.owner_id, note.id, "none"),
    "patched": lambda note: service.update_fields(note.owner_id, note.id, {"status": "none"}),
}


@pytest.mark.parametrize("change", PLAIN.values(), ids=PLAIN)
def test_a_task_that_becomes_a_plain_note_loses_its_due_date(
    owner: int, change: Callable[[service.Note], service.Note]
) -> None:
    note = service.create(owner, Draft("t", due_on=date(2026, 5, 1)), service.new_key())
    draft = change(note).draft
    assert (draft.status, draft.due_on) == ("none", None)


def test_the_form_says_that_a_due_date_made_a_task(alice: FlaskClient, owner: int) -> None:
    page = BeautifulSoup(alice.get("/notes/new").data, "html.parser")
    hidden = {str(field["name"]): str(field["value"]) for field in page.select("#note [type=hidden]")}
    sent = {**hidden, "title": "Tax", "status": "none", "due_on": "2026-05-01"}
    assert "Saved as a task, because it has a due date." in alice.post("/notes", data=sent, follow_redirects=True).text

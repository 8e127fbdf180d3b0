"""Moments never go backwards for a note, although the clocks of two servers differ by ten minutes."""

from __future__ import annotations

import pytest

from app import clock
from app.notes import service
from app.notes.drafts import Draft


def test_moments_of_a_note_only_rise(owner: int, monkeypatch: pytest.MonkeyPatch) -> None:
    real = clock.now_us
    ahead = 10 * clock.MINUTE
    moments = []
    monkeypatch.setattr(clock, "now_us", lambda: real() + ahead)
    note = service.create(owner, Draft("first"), "key-of-the-note")
    moments.append(note.created_at)
    for title, difference in (("second", 0), ("third", ahead), ("fourth", -ahead), ("fifth", 0)):
        monkeypatch.setattr(clock, "now_us", lambda difference=difference: real() + difference)
        note = service.save(owner, note.id, note.version, Draft(title))
        moments.append(note.changed_at)
    assert moments == sorted(set(moments))
    replaced = [row.replaced_at for row in service.revisions(owner, note.id)]
    assert replaced == moments[:0:-1]


def test_a_note_of_a_clock_that_was_ahead_leaves_the_trash_after_thirty_days(
    owner: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = clock.now_us
    monkeypatch.setattr(clock, "now_us", lambda: real() + 3650 * clock.DAY)
    note = service.create(owner, Draft("of the future"), "key-of-the-note")
    monkeypatch.setattr(clock, "now_us", real)
    service.move(owner, note.id, "trash")
    assert service.empty_trash(owner, moved_before=real() + clock.DAY) == 1

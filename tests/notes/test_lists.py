"""Lists: their order, and pages that stay right while notes change."""

from __future__ import annotations

from datetime import date

import pytest

from app.errors import NotFound
from app.notes import note_lists, service, tag_names
from app.notes.drafts import Draft
from app.notes.note_lists import Cursor


def _create(owner: int, *titles: str, **fields: object) -> list[service.Note]:
    return [service.create(owner, Draft(title, **fields), service.new_key()) for title in titles]  # type: ignore[arg-type]  # keyword arguments of Draft


def _titles(page: note_lists.Page) -> list[str]:
    return [row.title for row in page.rows]


def test_the_newest_change_stands_first_and_pinned_notes_above_it(owner: int) -> None:
    first, second, _ = _create(owner, "first", "second", "third")
    service.set_pinned(owner, first.id, True)
    service.save(owner, second.id, 1, Draft("second", "changed"))
    assert _titles(note_lists.in_place(owner, "notes", None)) == ["first", "second", "third"]


def test_turning_a_status_does_not_move_a_note_in_the_list(owner: int) -> None:
    first, _ = _create(owner, "first", "second")
    service.set_status(owner, first.id, "done")
    assert _titles(note_lists.in_place(owner, "notes", None)) == ["second", "first"]


def test_pages_of_twenty_lead_to_the_end_and_back(owner: int) -> None:
    _create(owner, *(f"{n}" for n in range(45)))
    first = note_lists.in_place(owner, "notes", None)
    second = note_lists.in_place(owner, "notes", first.older)
    third = note_lists.in_place(owner, "notes", second.older)
    assert _titles(first) + _titles(second) + _titles(third) == [f"{n}" for n in reversed(range(45))]
    assert (first.newer, third.older) == (None, None)
    assert _titles(note_lists.in_place(owner, "notes", third.newer)) == _titles(second)
    assert _titles(note_lists.in_place(owner, "notes", second.newer)) == _titles(first)


def test_a_page_stays_right_while_notes_before_it_come_and_go(owner: int) -> None:
    notes = _create(owner, *(f"{n}" for n in range(30)))
    older = note_lists.in_place(owner, "notes", None).older
    _create(owner, "new")
    service.move(owner, notes[29].id, "trash")
    service.move(owner, notes[10].id, "trash")  # the very row that the cursor names
    assert _titles(note_lists.in_place(owner, "notes", older)) == [f"{n}" for n in reversed(range(10))]


def test_open_tasks_come_first_by_due_date_then_done_ones_last_done_first(owner: int) -> None:
    _create(owner, "note")
    _create(owner, "whenever", status="open")
    _create(owner, "late", status="open", due_on=date(2026, 3, 1))
    _create(owner, "soon", status="open", due_on=date(2026, 2, 1))
    for done in _create(owner, "done first", "done last", status="open", due_on=date(2026, 1, 1)):
        service.set_status(owner, done.id, "done")
    assert _titles(note_lists.tasks(owner, None)) == ["soon", "late", "whenever", "done last", "done first"]


def test_archived_and_deleted_notes_are_only_in_their_own_lists(owner: int) -> None:
    for place, note in zip(("archive", "trash"), _create(owner, "archive", "trash", status="open"), strict=True):
        service.move(owner, note.id, place)
        assert _titles(note_lists.in_place(owner, place, None)) == [place]
    assert not note_lists.in_place(owner, "notes", None).rows
    assert not note_lists.tasks(owner, None).rows


def test_a_tag_lists_its_notes_and_is_gone_with_the_last_of_them(owner: int) -> None:
    first, second = _create(owner, "first", "second", tags=("home", "garden"))
    assert _titles(note_lists.tagged(owner, "home", None)) == ["second", "first"]
    service.save(owner, first.id, 1, Draft("first", tags=("garden",)))
    service.move(owner, second.id, "trash")
    assert tag_names.tags(owner) == ["garden"]
    assert not note_lists.tagged(owner, "home", None).rows


def test_tags_that_differ_only_in_an_accent_are_two(owner: int) -> None:
    _create(owner, "cv", tags=("resume", "résumé"))
    assert tag_names.tags(owner) == ["resume", "résumé"]


def test_nobody_sees_the_notes_or_tags_of_others(owner: int, stranger: int) -> None:
    _create(owner, "secret", status="open", tags=("x",))
    for page in (
        note_lists.in_place(stranger, "notes", None),
        note_lists.tasks(stranger, None),
        note_lists.tagged(stranger, "x", None),
    ):
        assert not page.rows
    assert not tag_names.tags(stranger)


@pytest.mark.parametrize(
    "typed",
    ["older", "older.1", "older.1.2.3", "sideways.1.2", "older.-1.2", "older.²." + "9" * 19, f"older.{2**63}.1"],
)
def test_a_cursor_that_nobody_made_is_refused(typed: str) -> None:
    with pytest.raises(NotFound):
        Cursor.parse(typed)


@pytest.mark.parametrize("written", ["older.12.34", "newer.12.34", f"older.{2**63 - 1}.1"])
def test_a_cursor_is_written_as_it_is_read(written: str) -> None:
    assert str(Cursor.parse(written)) == written


@pytest.mark.parametrize("typed", [None, ""])
def test_no_cursor_means_the_first_page(typed: str | None) -> None:
    assert Cursor.parse(typed) is None

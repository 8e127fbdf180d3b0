"""The tags beside a list: a worker remembers them, and shows every change at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text
from statements import heard

from app import db
from app.notes import note_lists, service, tag_names
from app.notes.drafts import Draft


def beside(owner: int) -> list[str]:
    """Return the tags that a page shows; one that shows others than there are would be found here."""
    row, *_ = note_lists.in_place(owner, "notes", None).rows
    shown = list(tag_names.column(owner, row.tag_changes))
    assert shown == tag_names.column(owner) == tag_names.tags(owner)
    assert shown == tag_names.tags(owner)
    return shown


@pytest.fixture
def note(owner: int) -> service.Note:
    service.create(owner, Draft("Always here"), service.new_key())
    return service.create(owner, Draft("One", tags=("garden",)), service.new_key())


CHANGES: dict[str, Callable[[service.Note], object]] = {
    "created": lambda note: service.create(note.owner_id, Draft("Two", tags=("work",)), service.new_key()),
    "edited": lambda note: service.save(note.owner_id, note.id, note.version, Draft("One", tags=("work",))),
    "archived": lambda note: service.move(note.owner_id, note.id, "archive"),
    "deleted": lambda note: service.move(note.owner_id, note.id, "trash"),
    "renamed": lambda note: service.rename_tag(note.owner_id, "garden", "work"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_of_tags_is_seen_at_once(note: service.Note, change: Callable[[service.Note], object]) -> None:
    assert beside(note.owner_id) == ["garden"]
    change(note)
    assert beside(note.owner_id) != ["garden"]


@pytest.mark.parametrize("place", ["archive", "trash"])
def test_tags_come_back_with_their_note(note: service.Note, place: str) -> None:
    service.move(note.owner_id, note.id, place)
    assert beside(note.owner_id) == []
    service.move(note.owner_id, note.id, "notes")
    assert beside(note.owner_id) == ["garden"]


def test_tags_of_a_restored_version_come_back(note: service.Note) -> None:
    service.save(note.owner_id, note.id, note.version, Draft("One"))
    assert beside(note.owner_id) == []
    service.restore(note.owner_id, note.id, note.version)
    assert beside(note.owner_id) == ["garden"]


def test_what_changes_no_tag_is_not_counted(note: service.Note) -> None:
    with heard() as sent:
        service.save(note.owner_id, note.id, note.version, Draft("One", "More.", tags=("garden",)))
    assert not any("tag_change" in statement for statement, _ in sent)


def test_remembered_tags_take_no_statement(note: service.Note) -> None:
    row, *_ = note_lists.in_place(note.owner_id, "notes", None).rows
    tag_names.column(note.owner_id, row.tag_changes)
    with heard() as sent:
        assert tag_names.column(note.owner_id, row.tag_changes) == ["garden"]
    assert not sent


def test_a_page_without_rows_asks_only_whether_tags_changed(note: service.Note) -> None:
    tag_names.column(note.owner_id)
    with heard() as sent:
        assert tag_names.column(note.owner_id) == ["garden"]
    assert len(sent) == 1


def test_what_another_request_learned_meanwhile_is_kept(note: service.Note) -> None:
    before = tag_names.recall(note.owner_id)
    [(changes, joined)] = tag_names.CHANGED.rows(owner=note.owner_id, known=before.changes)
    service.create(note.owner_id, Draft("Two", tags=("work",)), service.new_key())
    assert beside(note.owner_id) == ["garden", "work"]
    assert tag_names.learn(note.owner_id, before, changes, joined) == ["garden"]
    assert beside(note.owner_id) == ["garden", "work"]


def test_nobody_is_shown_the_tags_of_others(note: service.Note, stranger: int) -> None:
    service.create(stranger, Draft("Hers", tags=("secret",)), service.new_key())
    assert beside(note.owner_id) == ["garden"]
    assert beside(stranger) == ["secret"]


def test_a_change_that_an_old_release_did_not_count_is_seen_after_a_minute(
    note: service.Note, later: Callable[..., None]
) -> None:
    assert beside(note.owner_id) == ["garden"]
    with db.transaction() as connection:
        connection.execute(text("DELETE FROM note_tag"))
    later(minutes=1)
    assert beside(note.owner_id) == []

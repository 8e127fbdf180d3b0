"""The tags beside a list: a worker remembers them, and shows every change at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text
from statements import heard

from app import db
from app.notes import note_lists, service
from app.notes.drafts import Draft


def beside(owner: int) -> list[str]:
    """Return the tags that a page shows; one that shows others than there are would be found here."""
    shown = list(note_lists.tags_beside(note_lists.in_place(owner, "notes", None), owner))
    assert shown == note_lists.tags(owner)
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
    page = note_lists.in_place(note.owner_id, "notes", None)
    note_lists.tags_beside(page, note.owner_id)
    with heard() as sent:
        assert note_lists.tags_beside(page, note.owner_id) == ["garden"]
    assert not sent


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

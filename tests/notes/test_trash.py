"""The trash keeps what was deleted for thirty days."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from app import clock
from app.errors import Invalid, NotFound
from app.notes import note_lists, service, tag_names
from app.notes.drafts import Draft

DAY = 24 * 3600 * 1_000_000
NOTE = Draft("note", tags=("x",))


def test_a_deleted_note_comes_back_as_it_was(owner: int) -> None:
    note = service.create(owner, NOTE, "key", pinned=True)
    service.move(owner, note.id, "trash")
    back = service.move(owner, note.id, "notes")
    assert (back.draft, back.pinned, back.changed_at) == (NOTE, True, note.changed_at)
    assert tag_names.tags(owner) == ["x"]


CHANGES: dict[str, Callable[..., service.Note]] = {
    "saved": lambda note, **more: service.save(note.owner_id, note.id, 1, Draft("edited"), **more),
    "created again": lambda note, **more: service.create_or_merge(note.owner_id, Draft("edited"), "key", **more),
    "ticked off": lambda note, **more: service.set_status(note.owner_id, note.id, "done", **{"put_back": False} | more),
    "pinned": lambda note, **more: service.set_pinned(note.owner_id, note.id, True, **more),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_was_thrown_away_meanwhile_is_changed_only_when_it_is_to_be_put_back(
    owner: int, change: Callable[..., service.Note]
) -> None:
    note = service.create(owner, NOTE, "key")
    trashed = service.move(owner, note.id, "trash")
    with pytest.raises(service.InTrash):
        change(note)
    assert service.get(owner, note.id) == trashed
    changed = change(note, put_back=True)
    assert (changed.place, changed.version) == ("notes", trashed.version + 1)


def test_a_program_changes_a_status_in_the_trash_where_it_is(owner: int) -> None:
    note = service.create(owner, NOTE, "key")
    service.move(owner, note.id, "trash")
    changed = service.set_status(owner, note.id, "done")
    assert (changed.place, changed.draft.status) == ("trash", "done")


def test_emptying_deletes_for_good_and_only_the_owners(owner: int, stranger: int) -> None:
    mine, theirs = service.create(owner, NOTE, "key"), service.create(stranger, NOTE, "key")
    service.save(owner, mine.id, 1, Draft("edited"))
    service.move(owner, mine.id, "trash")
    service.move(stranger, theirs.id, "trash")
    assert service.empty_trash(owner) == 1
    assert not service.revisions(owner, mine.id)
    with pytest.raises(NotFound):
        service.get(owner, mine.id)
    assert service.get(stranger, theirs.id).place == "trash"


def test_after_thirty_days_a_deleted_note_goes_for_good(
    app: Flask, owner: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = service.create(owner, NOTE, "key")
    service.move(owner, note.id, "trash")
    today = clock.now_us()
    monkeypatch.setattr(clock, "now_us", lambda: today + 29 * DAY)
    assert service.purge_trash(owner) == 0
    monkeypatch.setattr(clock, "now_us", lambda: today + 31 * DAY)
    purged = app.test_cli_runner().invoke(args=["notes", "purge"])
    assert purged.output == "1 note deleted for good.\n"


def test_putting_something_into_the_trash_takes_out_what_is_too_old(
    owner: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = service.create(owner, NOTE, "old"), service.create(owner, NOTE, "new")
    service.move(owner, old.id, "trash")
    later = clock.now_us() + 31 * DAY
    monkeypatch.setattr(clock, "now_us", lambda: later)
    service.move(owner, new.id, "trash")
    assert [row.id for row in note_lists.in_place(owner, "trash", None).rows] == [new.id]


@pytest.mark.parametrize("place", ["", "attic", "Trash"])
def test_there_are_no_other_places(owner: int, place: str) -> None:
    note = service.create(owner, NOTE, "key")
    with pytest.raises(Invalid):
        service.move(owner, note.id, place)

"""Creating: one intent makes one note, however often it is sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from app.errors import Conflict, Invalid, NotFound
from app.ids import LARGEST_ID
from app.notes import note_lists, service
from app.notes.drafts import Draft
from app.notes.service import creating

MILK = Draft("Milk", "two litres", ("shop",), "open")


def test_a_created_note_is_found_again_as_it_was_meant(owner: int) -> None:
    created = service.create(owner, MILK, "key", pinned=True)
    assert service.get(owner, created.id) == created
    assert (created.draft, created.version, created.place, created.pinned) == (MILK, 1, "notes", True)


def test_the_same_key_and_content_is_the_same_note(owner: int) -> None:
    assert service.create(owner, MILK, "key") == service.create(owner, MILK, "key")
    assert len(note_lists.in_place(owner, "notes", None).rows) == 1


def test_the_same_key_with_other_content_is_refused(owner: int) -> None:
    service.create(owner, MILK, "key")
    with pytest.raises(Invalid, match="sent before with other content"):
        service.create(owner, Draft("Bread"), "key")


def test_a_key_belongs_to_its_owner(owner: int, stranger: int) -> None:
    assert service.create(owner, MILK, "key").id != service.create(stranger, MILK, "key").id


def test_a_key_outlives_its_note(owner: int) -> None:
    created = service.create(owner, MILK, "key")
    service.move(owner, created.id, "trash")
    service.empty_trash(owner)
    with pytest.raises(NotFound):
        service.create(owner, MILK, "key")


@pytest.mark.parametrize("key", ["", "x" * 65, "ü", "a\nb"])
def test_a_key_that_cannot_be_stored_is_refused(owner: int, key: str) -> None:
    with pytest.raises(Invalid, match="1 to 64 printable"):
        service.create(owner, MILK, key)


def test_what_breaks_a_rule_is_not_stored(owner: int) -> None:
    with pytest.raises(Invalid):
        service.create(owner, Draft(), "key")
    assert not note_lists.in_place(owner, "notes", None).rows


def test_one_intent_sent_six_times_at_once_makes_one_note(app: Flask, owner: int) -> None:
    def send(_: int) -> int:
        with app.app_context():
            return service.create(owner, MILK, "key").id

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(send, range(6)))) == 1
    assert len(note_lists.in_place(owner, "notes", None).rows) == 1


def test_two_notes_that_want_the_same_id_both_arrive(
    owner: int, stranger: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = iter([7, 7, 7, 8])
    monkeypatch.setattr(creating, "new_id", lambda: next(ids))
    assert service.create(owner, MILK, "a").id == 7
    assert service.create(owner, MILK, "b").id == 8


def test_a_note_that_finds_no_free_id_in_eight_attempts_could_not_be_created(
    owner: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = iter([7, *[7] * 8, 8])
    monkeypatch.setattr(creating, "new_id", lambda: next(ids))
    service.create(owner, MILK, "a")
    with pytest.raises(Conflict, match="could not be created; please try again"):
        service.create(owner, MILK, "b")
    assert service.create(owner, MILK, "b").id == 8


def test_ids_rise_and_fit_into_javascript_numbers() -> None:
    ids = [service.new_id() for _ in range(10_000)]
    assert ids == sorted(set(ids))
    assert ids[-1] < LARGEST_ID

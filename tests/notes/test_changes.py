"""Who follows the changes of notes misses none, whatever happens while they read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from random import Random
from threading import Event

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import db
from app.errors import Conflict, Invalid, NotFound
from app.notes import changes, service
from app.notes.changes import Position
from app.notes.drafts import Draft

Copy = dict[int, int]  # versions of notes by their ids


def follow(owner: int, copy: Copy, position: Position | None, size: int = 20) -> Position:
    """Bring a program's copy up to date; return up to where it has read."""
    while True:
        page = changes.since(owner, position, size)
        take_in(copy, page)
        position = page.position
        if page.is_last:
            return position


def take_in(copy: Copy, page: changes.Page) -> None:
    for note_id, note in page.changes:
        if note:
            copy[note_id] = note.version
        else:
            copy.pop(note_id, None)


def stored(owner: int) -> Copy:
    return {note.id: note.version for note, _ in service.each(owner)}


def create(owner: int, number: int) -> service.Note:
    return service.create(owner, Draft(f"{number}"), f"key {number}")


@pytest.mark.parametrize("size", [1, 2, 100])
def test_from_the_beginning_all_notes_are_read_whatever_place_they_are_in(owner: int, size: int) -> None:
    for number, place in enumerate(("notes", "archive", "trash", "notes", "notes")):
        service.move(owner, create(owner, number).id, place)
    copy: Copy = {}
    follow(owner, copy, None, size)
    assert len(copy) == 5
    assert copy == stored(owner)


def test_only_what_has_changed_since_is_read_again(owner: int) -> None:
    first, second = create(owner, 1), create(owner, 2)
    position = follow(owner, {}, None)
    assert not changes.since(owner, position, 20).changes
    service.set_pinned(owner, first.id, pinned=True)
    service.set_status(owner, second.id, "done")
    service.save(owner, first.id, 2, Draft("1", due_on=date(2026, 5, 1)))
    page = changes.since(owner, position, 20)
    assert [(note_id, note and note.version) for note_id, note in page.changes] == [(second.id, 2), (first.id, 3)]
    assert [note and note.due_on for _, note in page.changes] == [None, date(2026, 5, 1)]


def test_what_is_deleted_for_good_is_told(owner: int, stranger: int) -> None:
    kept, gone = create(owner, 1), create(owner, 2)
    create(stranger, 1)
    copy: Copy = {}
    position = follow(owner, copy, None)
    service.move(owner, gone.id, "trash")
    service.empty_trash(owner)
    assert [change.note_id for change in changes.since(owner, position, 20).changes if change.note is None] == [gone.id]
    follow(owner, copy, position)
    assert copy == stored(owner) == {kept.id: 1}
    assert changes.since(stranger, Position(0), 20).position == Position(1)


def test_an_empty_trash_tells_nothing(owner: int) -> None:
    create(owner, 1)
    position = follow(owner, {}, None)
    assert service.empty_trash(owner) == 0
    assert changes.since(owner, position, 20) == ([], position, True)


def test_notes_from_before_changes_were_numbered_are_read_as_well(owner: int) -> None:
    old = create(owner, 1)
    with db.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM note_change")
    copy: Copy = {}
    position = follow(owner, copy, None)
    assert copy == {old.id: 1}
    service.set_pinned(owner, old.id, pinned=True)
    follow(owner, copy, position)
    assert copy == {old.id: 2}


@pytest.mark.parametrize("typed", ["", "-1", "1.", ".1", "1.2.3", "²", "1 ", "1" * 19, "x"])
def test_what_no_answer_gave_is_no_position(typed: str) -> None:
    with pytest.raises(Invalid):
        Position.parse(typed, "cursor")


def test_a_position_that_is_yet_to_come_is_refused(owner: int) -> None:
    create(owner, 1)
    with pytest.raises(Invalid, match="begin without one"):
        changes.since(owner, Position(2), 20)


@pytest.mark.parametrize("position", [Position(0), Position(17), Position(17, 887654321098765)])
def test_a_position_is_read_as_it_was_written(position: Position) -> None:
    assert Position.parse(str(position), "cursor") == position


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), size=st.integers(1, 4))
def test_whatever_happens_between_two_pages_the_copy_becomes_what_is_stored(owner: int, seed: int, size: int) -> None:
    random = Random(seed)
    for number in range(random.randrange(4)):
        service.create(owner, Draft(f"{number}"), service.new_key())
    copy: Copy = {}
    position: Position | None = None
    for _ in range(20):
        page = changes.since(owner, position, size)
        take_in(copy, page)
        position = page.position
        disturb(owner, random)
    follow(owner, copy, position)
    assert copy == stored(owner)


def disturb(owner: int, random: Random) -> None:
    """Do something to one of the owner's notes, or create or purge one."""
    ids = list(stored(owner))
    if not ids or random.random() < 0.3:
        service.create(owner, Draft("new"), service.new_key())
        return
    note_id = random.choice(ids)
    if random.random() < 0.3:
        service.move(owner, note_id, "trash")
        service.empty_trash(owner)
        return
    service.set_pinned(owner, note_id, pinned=random.random() < 0.5)


# --- Raced -------------------------------------------------------------------------------------------------------

WRITERS = 4
WRITES = 25


def test_a_reader_among_many_writers_misses_nothing(app: Flask, owner: int) -> None:
    ended = Event()

    def write(writer: int) -> None:
        random = Random(writer)
        with app.app_context():
            for _ in range(WRITES):
                # Two may want the same note, or one that is gone; both are answers.
                with suppress(Conflict, NotFound):
                    disturb(owner, random)

    def read() -> Copy:
        copy: Copy = {}
        with app.app_context():
            position = follow(owner, copy, None, 3)
            while not ended.is_set():
                position = follow(owner, copy, position, 3)
                db.release()
            follow(owner, copy, position, 3)
        return copy

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        reader = pool.submit(read)
        try:
            list(pool.map(write, range(WRITERS)))
        finally:
            ended.set()
        assert reader.result() == stored(owner)


def test_numbers_are_given_without_a_gap_and_each_to_one_note(app: Flask, owner: int) -> None:
    def write(writer: int) -> None:
        with app.app_context():
            for number in range(WRITES):
                create(owner, writer * WRITES + number)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    with db.transaction() as connection:
        numbers = connection.exec_driver_sql("SELECT number FROM note_change ORDER BY number").scalars().all()
    assert numbers == list(range(1, WRITERS * WRITES + 1))


def test_a_change_that_is_committed_late_is_not_passed_by(app: Flask, owner: int) -> None:
    create(owner, 0)
    position = follow(owner, {}, None)
    written, may_commit, waits = Event(), Event(), Event()

    def slow() -> None:
        with app.app_context(), db.transaction():
            create(owner, 1)
            written.set()
            may_commit.wait(10)

    def quick() -> None:
        waits.set()
        with app.app_context():
            create(owner, 2)

    copy: Copy = {}
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(slow)
        assert written.wait(10)
        second = pool.submit(quick)
        waits.wait(10)
        # Neither is there for the reader: the second has to wait for the first.
        between = follow(owner, copy, position)
        assert (between, copy) == (position, {})
        may_commit.set()
        first.result()
        second.result()
    follow(owner, copy, between)
    assert len(copy) == 2

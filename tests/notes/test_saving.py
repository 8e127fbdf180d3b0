"""Saving: no edit is lost, whoever else saves meanwhile."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial

import pytest
from flask import Flask

from app.errors import Invalid, NotFound
from app.notes import service
from app.notes.drafts import Draft

SONG = Draft("Song", "one\ntwo\nthree", ("music",))


@pytest.fixture
def song(owner: int) -> service.Note:
    return service.create(owner, SONG, "song")


def test_a_save_raises_the_version_and_keeps_the_former_text(owner: int, song: service.Note) -> None:
    saved = service.save(owner, song.id, 1, replace(SONG, body="one"))
    assert (saved.version, saved.draft.body) == (2, "one")
    assert service.get(owner, song.id) == saved
    assert service.revision(owner, song.id, 1).draft == SONG


def test_a_save_without_a_change_leaves_no_trace(owner: int, song: service.Note) -> None:
    assert service.save(owner, song.id, 1, SONG) == song
    assert not service.revisions(owner, song.id)


def test_changes_of_different_lines_are_merged(owner: int, song: service.Note) -> None:
    service.save(owner, song.id, 1, replace(SONG, body="ONE\ntwo\nthree"))
    saved = service.save(owner, song.id, 1, replace(SONG, body="one\ntwo\nTHREE"))
    assert saved.draft.body == "ONE\ntwo\nTHREE"
    assert saved.version == 3


def test_a_collision_saves_nothing_and_returns_both_texts(owner: int, song: service.Note) -> None:
    theirs = service.save(owner, song.id, 1, replace(SONG, body="one\nTWO\nthree"))
    with pytest.raises(service.EditConflict) as conflict:
        service.save(owner, song.id, 1, replace(SONG, body="one\nzwei\nthree"))
    assert conflict.value.current == theirs == service.get(owner, song.id)
    assert conflict.value.mine.body == "one\nzwei\nthree"
    assert "TWO" in conflict.value.merged.draft.body
    assert "zwei" in conflict.value.merged.draft.body


def test_the_same_save_sent_twice_is_saved_once(owner: int, song: service.Note) -> None:
    changed = replace(SONG, body="one")
    assert service.save(owner, song.id, 1, changed) == service.save(owner, song.id, 1, changed)


def test_a_text_edit_and_a_status_click_do_not_disturb_each_other(owner: int, song: service.Note) -> None:
    service.set_status(owner, song.id, "done")
    service.set_pinned(owner, song.id, True)
    saved = service.save(owner, song.id, 1, replace(SONG, body="one"))
    assert (saved.draft.status, saved.draft.body, saved.pinned) == ("done", "one", True)


def test_a_merge_counts_from_the_content_that_the_editor_saw(owner: int, song: service.Note) -> None:
    pinned = service.set_pinned(owner, song.id, True)  # a version without a revision of its own
    service.save(owner, song.id, pinned.version, replace(SONG, body="ONE\ntwo\nthree"))
    saved = service.save(owner, song.id, pinned.version, replace(SONG, body="one\ntwo\nTHREE"))
    assert saved.draft.body == "ONE\ntwo\nTHREE"


def test_a_merge_that_breaks_a_rule_is_refused_and_nothing_is_saved(owner: int, song: service.Note) -> None:
    theirs = service.save(owner, song.id, 1, replace(SONG, tags=tuple(f"a{n}" for n in range(12))))
    with pytest.raises(Invalid):
        service.save(owner, song.id, 1, replace(SONG, tags=tuple(f"b{n}" for n in range(12))))
    assert service.get(owner, song.id) == theirs


@pytest.mark.parametrize("version", [0, -1, 2, 10**12])
def test_a_version_that_never_was_is_refused(owner: int, song: service.Note, version: int) -> None:
    with pytest.raises(NotFound):
        service.save(owner, song.id, version, replace(SONG, body="x"))


def test_restoring_brings_a_former_text_back_and_keeps_the_present_one(owner: int, song: service.Note) -> None:
    service.save(owner, song.id, 1, replace(SONG, body="new"))
    restored = service.restore(owner, song.id, 1)
    assert restored.draft == SONG
    assert service.revision(owner, song.id, 2).draft.body == "new"


def test_a_note_of_another_owner_is_not_found_like_one_that_never_was(stranger: int, song: service.Note) -> None:
    for note_id in (song.id, 12345):
        for forbidden in (
            partial(service.get, stranger, note_id),
            partial(service.save, stranger, note_id, 1, SONG),
            partial(service.set_status, stranger, note_id, "done"),
            partial(service.set_pinned, stranger, note_id, True),
            partial(service.move, stranger, note_id, "trash"),
            partial(service.restore, stranger, note_id, 1),
        ):
            with pytest.raises(NotFound, match=r"There is no such note\."):
                forbidden()
    assert not service.revisions(stranger, song.id)


def test_of_many_writers_at_once_nobody_loses_a_line(app: Flask, owner: int, song: service.Note) -> None:
    service.save(owner, song.id, 1, replace(SONG, body="\n\n".join(f"line {n}" for n in range(8))))
    failures: list[Exception] = []

    def write(number: int) -> None:
        with app.app_context():
            for turn in range(10):
                try:
                    current = service.get(owner, song.id)
                    lines = current.draft.body.split("\n")
                    lines[number * 2] += f" {turn}"
                    service.save(owner, song.id, current.version, replace(current.draft, body="\n".join(lines)))
                except Exception as failure:
                    failures.append(failure)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    lines = service.get(owner, song.id).draft.body.split("\n")
    assert not failures
    assert [lines[number * 2].split()[2:] for number in range(4)] == [[str(turn) for turn in range(10)]] * 4

"""The search index is built anew beside a serving application, and searches are right at every moment of it."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from test_migrations import _flask

from app import db
from app.notes import indexing, note_lists, service, tokens, tokens_before
from app.notes.drafts import Draft
from app.notes.search import search
from app.notes.service import storing

NOTES = 2 * indexing.AT_ONCE + 20
TEXT = "snake_case Łódź がく दिन Zentrix™ plain"
TYPED = ("snake_case", "łódź", "がく", "दिन", "zentrix™", "plain", "pla")


def index_as_before(stored: service.Note) -> None:
    """Give the note the tokens that the release before this one gave it."""
    draft = stored.draft
    words = tokens_before.search_tokens(f"{draft.title}\n{draft.title}\n{draft.body}")
    found_by = [tokens.token(stored.owner_id, "w", word) for word in words]
    found_by += [tokens.token(stored.owner_id, "t", tag) for tag in draft.tags]
    found_by.append(tokens.token(stored.owner_id, "s", "all"))
    key = {"owner": stored.owner_id, "id": stored.id}
    connection = db.connection()
    connection.execute(storing.REMOVE_FROM_SEARCH[db.dialect()], key)
    connection.execute(storing.ADD_TO_SEARCH[db.dialect()], key | {"words": " ".join(found_by)})


@pytest.fixture
def former(owner: int, stranger: int) -> tuple[int, int]:
    """Two owners, whose notes are all indexed in the former form; a rebuild is pending."""
    with db.transaction():
        for person in (owner, stranger):
            for number in range(NOTES // 2):
                index_as_before(service.create(person, Draft(f"Note {number}", TEXT, ("home",)), f"key{number}"))
        indexing.start()
    return owner, stranger


def counts(owner: int) -> dict[str, int]:
    """Return how many notes are found by each of TYPED, up to the page's 20 and the one that tells of more."""
    return {typed: len((hits := search(owner, typed, size=50)).rows) + bool(hits.older) for typed in TYPED}


def test_every_note_is_found_before_at_every_step_and_afterwards(former: tuple[int, int]) -> None:
    everything = dict.fromkeys(TYPED, 51)
    steps = 0
    assert [counts(owner) for owner in former] == [everything, everything]
    for _ in indexing.rebuild():
        steps += 1
        assert [counts(owner) for owner in former] == [everything, everything]
    assert steps >= NOTES // indexing.AT_ONCE
    assert indexing.count_remaining() == 0
    assert all(stored == tokens_of(note_id) for note_id, stored in index_rows())


def index_rows() -> list[tuple[int, str]]:
    key = "rowid" if db.dialect() == "sqlite" else "note_id"
    return [(row[0], row[1]) for row in db.connection().execute(text(f"SELECT {key}, words FROM note_search"))]


def tokens_of(note_id: int) -> str:
    [owner] = db.connection().execute(text("SELECT owner_id FROM note WHERE id = :id"), {"id": note_id}).scalars()
    return tokens.index_text(owner, service.get(owner, note_id).draft, pinned=False, archived=False)


def test_excerpts_of_a_former_release_are_made_anew(owner: int, context: Flask) -> None:
    note = service.create(owner, Draft("", "## Plan\n*see* [here](https://a.example)"), "key")
    with db.transaction() as connection:
        connection.execute(text("UPDATE note SET excerpt = '*see* [here](https://a.example)'"))
        indexing.start()
    assert sum(indexing.rebuild()) == 1
    [row] = note_lists.in_place(owner, "notes", None).rows
    assert row.excerpt == "Plan\nsee here"
    assert service.get(owner, note.id).version == 1


def test_former_words_are_looked_for_only_as_long_as_a_rebuild_is_pending(
    former: tuple[int, int], context: Flask
) -> None:
    owner, _ = former
    service.create(owner, Draft("Other", "か"), "other")
    assert search(owner, "が").rows
    list(indexing.rebuild())
    indexing.remembered.set(context, indexing.is_pending_at)
    assert not search(owner, "ぎ").rows


def test_what_was_ended_goes_on_where_it_ended(former: tuple[int, int]) -> None:
    first = next(indexing.rebuild())
    assert indexing.count_remaining() == NOTES - first
    assert first + sum(indexing.rebuild()) == NOTES


def test_a_note_saved_between_reading_and_writing_is_indexed_as_it_was_saved(
    former: tuple[int, int], app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, _ = former
    [note_id] = [row.note.id for row in search(owner, '"note 7"').rows]
    db.release()
    written = storing.index_words
    saving: list[threading.Thread] = []

    def save() -> None:
        with app.app_context():
            service.save(owner, note_id, 1, Draft("Note 7", "saved meanwhile"))

    def index(stored: service.Note, **more: Any) -> None:
        if stored.id == note_id and not saving:
            saving.append(threading.Thread(target=save))
            saving[0].start()
            saving[0].join(0.2)
        written(stored, **more)

    monkeypatch.setattr(storing, "index_words", index)
    list(indexing.rebuild())
    saving[0].join()
    assert [row.note.id for row in search(owner, "saved meanwhile").rows] == [note_id]
    assert dict(index_rows())[note_id] == tokens_of(note_id)


def test_what_is_in_the_trash_stays_out_of_the_index(owner: int) -> None:
    note = service.create(owner, Draft("Gone"), "gone")
    service.move(owner, note.id, "trash")
    indexing.start()
    list(indexing.rebuild())
    assert not index_rows()


@pytest.mark.slow
def test_two_at_once_share_the_work_and_a_killed_one_loses_nothing(former: tuple[int, int], database_url: str) -> None:
    db.release()
    killed = _flask(database_url, "notes", "reindex")
    assert killed.stdout
    killed.stdout.readline()
    killed.kill()
    killed.communicate()
    both = [_flask(database_url, "notes", "reindex") for _ in range(2)]
    printed = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], printed
    assert all("The search index is complete." in one for one in printed)
    assert all(stored == tokens_of(note_id) for note_id, stored in index_rows())

"""The statements of lists that MySQL gets: every page is the one that SQLite's own statements find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial

import pytest
from mysql_on_sqlite import mysql_on_sqlite, translate
from on_databases import on_sqlite

from app.notes import changes, note_lists, service, tag_names
from app.notes.drafts import Draft
from app.notes.note_lists import Cursor, Page

Read = Callable[[int, Cursor | None], Page]

LISTS: dict[str, Read] = {
    "notes": lambda owner, cursor: note_lists.in_place(owner, "notes", cursor),
    "archive": lambda owner, cursor: note_lists.in_place(owner, "archive", cursor),
    "tasks": note_lists.tasks,
    "tagged": lambda owner, cursor: note_lists.tagged(owner, "home", cursor),
    "not done": lambda owner, cursor: note_lists.NOT_DONE.page(cursor, owner=owner, place="notes"),
    "due": lambda owner, cursor: note_lists.DUE.page(cursor, owner=owner, place="notes"),
    "due and not done": lambda owner, cursor: note_lists.DUE_NOT_DONE.page(cursor, owner=owner, place="notes"),
    "by id": lambda owner, cursor: note_lists.BY_ID.page(cursor, owner=owner),
}


@pytest.fixture
def notes(owner: int, stranger: int) -> list[service.Note]:
    """Over two pages in every list; of the tasks most share one order, because they have no due date."""
    service.create(stranger, Draft("not hers", tags=("home",), status="open"), service.new_key())
    made = [_create(owner, number) for number in range(120)]
    for note in made[::2]:
        service.move(owner, note.id, "archive")
    service.set_pinned(owner, made[1].id, True)
    return made


def _create(owner: int, number: int) -> service.Note:
    due = date(2026, 1, 1 + number % 5) if number % 4 == 1 else None
    draft = Draft(f"Ä % {number}", "text " * number, ("Home", "garden")[: number % 3], "open", due)
    return service.create(owner, draft, service.new_key())


def walk(read: Callable[[Cursor | None], Page]) -> Iterator[Page]:
    """Yield all pages to the end, and back to the first."""
    page = read(None)
    yield page
    while page.older:
        page = read(page.older)
        yield page
    while page.newer:
        page = read(page.newer)
        yield page


@on_sqlite
@pytest.mark.parametrize("read", LISTS.values(), ids=LISTS)
def test_every_page_is_the_same(owner: int, notes: list[service.Note], read: Read) -> None:
    expected = list(walk(partial(read, owner)))
    with mysql_on_sqlite() as sent:
        assert list(walk(partial(read, owner))) == expected
    assert len(sent) == len(expected) >= 3
    assert all("FORCE INDEX" in sql for sql in sent)


@on_sqlite
def test_the_tags_are_the_same(owner: int, notes: list[service.Note]) -> None:
    expected = [tag_names.tags(owner), tag_names.tags(owner, "garden"), tag_names.tags(owner, limit=1)]
    assert expected == [["garden", "Home"], ["Home"], ["garden"]]
    with mysql_on_sqlite():
        assert [
            tag_names.tags(owner),
            tag_names.tags(owner, "garden"),
            tag_names.tags(owner, limit=1),
        ] == expected


@on_sqlite
def test_the_changes_are_the_same(owner: int, notes: list[service.Note]) -> None:
    service.move(owner, notes[0].id, "trash")
    service.empty_trash(owner)
    expected = changes.since(owner, changes.Position(100), 100)
    assert changes.Change(notes[0].id, None) in expected.changes
    with mysql_on_sqlite():
        assert changes.since(owner, changes.Position(100), 100) == expected


def test_a_hint_at_an_index_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(LookupError, match="uq_note_lost"):
        translate("SELECT 1 FROM note FORCE INDEX (uq_note_lost)")

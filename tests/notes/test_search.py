"""Search finds what a person means, the same on both databases, and never what is not theirs."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.notes import service
from app.notes.drafts import Draft
from app.notes.search import HITS, search

NOTES = [
    Draft("Shopping", "fresh milk, eggs and go", ("home",), "open"),
    Draft("Recipe", "milk fresh from the farm; crème brûlée", ("kitchen", "home")),
    Draft("Travel", "日本語の本 and A4 paper", ("work",), "done"),
    Draft("milk", "title counts more"),
]


@pytest.fixture
def owner_of_notes(owner: int) -> int:
    for number, draft in enumerate(NOTES):
        service.create(owner, draft, f"key{number}")
    return owner


def _found(owner: int, typed: str) -> set[str]:
    return {row.note.title for row in search(owner, typed).rows}


@pytest.mark.parametrize(
    ("typed", "titles"),
    [
        ("milk", {"Shopping", "Recipe", "milk"}),
        ("MILK eggs", {"Shopping"}),
        ('"fresh milk"', {"Shopping"}),
        ('"milk fresh"', {"Recipe"}),
        ("milk -eggs", {"Recipe", "milk"}),
        ("-milk", {"Travel"}),
        ("creme BRULEE", {"Recipe"}),
        ("go", {"Shopping"}),
        ("the", {"Recipe"}),
        ("a4", {"Travel"}),
        ("本", {"Travel"}),
        ("日本語", {"Travel"}),
        ("本日", set()),
        ("mil*", {"Shopping", "Recipe", "milk"}),
        ("mil", set()),
        ("tag:home", {"Shopping", "Recipe"}),
        ("tag:home -tag:kitchen", {"Shopping"}),
        ("is:open", {"Shopping"}),
        ("is:done paper", {"Travel"}),
        ("is:task", {"Shopping", "Travel"}),
        ("nothing-like-this", set()),
        ('*"()^:', set()),
        ("", set()),
    ],
)
def test_what_is_typed_finds_what_is_meant(owner_of_notes: int, typed: str, titles: set[str]) -> None:
    assert _found(owner_of_notes, typed) == titles


def test_a_word_in_the_title_ranks_above_one_in_a_long_text(owner: int) -> None:
    service.create(owner, Draft("Long", "words and words " * 50 + "needle"), "long")
    service.create(owner, Draft("Needle", "short"), "title")
    service.create(owner, Draft("Other", "words and words " * 50 + "needle"), "other")
    assert search(owner, "needle").rows[0].note.title == "Needle"


def test_the_index_follows_every_change(owner_of_notes: int) -> None:
    note = service.create(owner_of_notes, Draft("Zebra", "stripes"), "zebra")
    service.save(owner_of_notes, note.id, 1, Draft("Zebra", "spots"))
    assert not _found(owner_of_notes, "stripes")
    service.set_pinned(owner_of_notes, note.id, True)
    assert _found(owner_of_notes, "is:pinned spots") == {"Zebra"}
    service.move(owner_of_notes, note.id, "archive")
    assert _found(owner_of_notes, "is:archived") == {"Zebra"}
    service.move(owner_of_notes, note.id, "trash")
    assert not _found(owner_of_notes, "zebra")
    service.move(owner_of_notes, note.id, "notes")
    assert _found(owner_of_notes, "zebra") == {"Zebra"}


def test_nobody_finds_the_notes_of_others(owner_of_notes: int, stranger: int) -> None:
    assert not _found(stranger, "milk")
    assert not _found(stranger, "-nothing")


def test_more_hits_than_are_ranked_are_cut_and_said_to_be(owner: int) -> None:
    for number in range(HITS + 5):
        service.create(owner, Draft(f"{number}", "common"), f"key{number}")
    titles: list[str] = []
    page: int | None = 1
    while page:
        hits = search(owner, "common", page)
        assert not hits.complete
        titles += [row.note.title for row in hits.rows]
        page = hits.older
    assert len(titles) == len(set(titles)) == HITS


def test_pages_of_hits_lead_to_the_end(owner: int) -> None:
    for number in range(25):
        service.create(owner, Draft(f"{number}", "common"), f"key{number}")
    first, second = search(owner, "common"), search(owner, "common", 2)
    assert first.complete
    assert (len(first.rows), first.newer, first.older) == (20, None, 2)
    assert (len(second.rows), second.newer, second.older) == (5, 1, None)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(typed=st.text(st.characters(codec="utf-8"), max_size=60) | st.text("\"*-():+<>@~\\ '%_tagis:aé本", max_size=30))
def test_whatever_is_typed_is_no_error(context: Flask, owner_of_notes: int, typed: str) -> None:
    search(owner_of_notes, typed)

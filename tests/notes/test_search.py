"""Search finds what a person means, the same on both databases, and never what is not theirs."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.notes import service
from app.notes.drafts import Draft
from app.notes.search import HITS, search

TODAY = date(2031, 7, 4)
NOTES = [
    Draft("Shopping", "fresh milk, eggs and go", ("home",), "open", TODAY),
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
    return {hit.note.title for hit in search(owner, typed, today=TODAY).rows}


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
        # Half a word finds; a whole one is not half of another once something follows.
        ("mil", {"Shopping", "Recipe", "milk"}),
        ("mil ", {"Shopping", "Recipe", "milk"}),  # nothing fits, so beginnings are tried
        ("eggs mil ", {"Shopping"}),
        ("mi", set()),
        ("fres milk", {"Shopping", "Recipe"}),
        ("fresh-fxx*", set()),
        ("fresh-mil*", {"Shopping"}),
        ('"milk fre', {"Recipe"}),
        ("milk -fresh-mil*", {"Recipe", "milk"}),
        ("-fresh-mil*", {"Recipe", "milk", "Travel"}),
        ("eggs OR paper", {"Shopping", "Travel"}),
        ('"fresh milk" OR "milk fresh" OR 日本語', {"Shopping", "Recipe", "Travel"}),
        ("paper OR milk eggs", {"Shopping"}),
        ("fresh-far* OR a4-pape*", {"Travel"}),
        ("kitchen", {"Recipe"}),  # by its tag
        ("#home -#kitchen", {"Shopping"}),
        ("tag:kit*", {"Recipe"}),
        ("tag:kit", {"Recipe"}),
        ("tag:nothing", set()),
        ("#brûlée", {"Recipe"}),  # no tag, so the text is looked at
        ("tag:home", {"Shopping", "Recipe"}),
        ("tag:home -tag:kitchen", {"Shopping"}),
        ("is:open", {"Shopping"}),
        ("is:done paper", {"Travel"}),
        ("is:task", {"Shopping", "Travel"}),
        ("due:today", {"Shopping"}),
        ("due:week -milk", set()),
        ("due:2031-08 OR due:2031-07-03", set()),
        ("due:2031 is:open", {"Shopping"}),
        ("nothing-like-this", set()),
        ('*"()^:', set()),
        ("", set()),
    ],
)
def test_what_is_typed_finds_what_is_meant(owner_of_notes: int, typed: str, titles: set[str]) -> None:
    assert _found(owner_of_notes, typed) == titles


SPELLINGS = [
    ("eﬃcient", "efficient"),
    ("Zentrix™", "zentrix"),
    ("zentrix", "Zentrix™"),
    ("№42", "42"),
    ("№42", "no42"),
    ("№42", "No 42"),
    ("№ 42", "№42"),
    ("10㎞", "10km"),
    ("10 km", "10㎞"),
    ("Łódź", "lodz"),
    ("lodz", "ŁÓDŹ"),
    ("Søster", "soster"),
    ("Đakovo", "dakovo"),
    ("Œuvre", "oeuvre"),
    ("Weißwurststraße", "weisswurststrasse"),
    ("WEISSWURSTSTRASSE", "weißwurst"),
    ("DIŞARI", "dışarı"),
    ("dışarı", "disari"),
    ("كِتَابٌ", "كتاب"),
    ("كتاب", "كِتَابٌ"),
    ("שָׁלוֹם", "שלום"),
    ("दिन", "दिन"),
    ("กินข้าว", "ข้าว"),
    ("so\u00adft zero\u200bwidth", "soft zerowidth"),
    ("IMG_20310704_0815", "20310704"),
    ("IMG_20310704_0815", "IMG_20310704_0815"),
    ("회의록을 썼다", "회의록"),
    ("party 🎉👍🏽", "🎉"),
    ("party 🎉👍🏽", "👍"),
    ("Die “Alpen” sind schön", "„alpen sind“"),
    ("at -40 degrees temp", "temp -40"),
    ("Привет", "прив"),
    ("x" * 200, "x" * 200),
    ("x" * 200, "x" * 100),
]


@pytest.mark.parametrize(("written", "typed"), SPELLINGS)
def test_a_text_is_found_however_it_is_spelled(owner: int, written: str, typed: str) -> None:
    service.create(owner, Draft("Wanted", f"before {written} after"), "wanted")
    service.create(owner, Draft("Other", "दान, กน, мой, か, ガ and everything else"), "other")
    hits = search(owner, typed)
    assert [hit.note.title for hit in hits.rows] == ["Wanted"]
    assert not hits.widened


@pytest.mark.parametrize(
    ("written", "typed"),
    [("दान", "दिन "), ("กน", "กิน"), ("мои", "мой "), ("か", "が")],
)
def test_another_word_is_not_taken_for_the_one_that_was_typed(owner: int, written: str, typed: str) -> None:
    service.create(owner, Draft("Other", written), "other")
    assert not search(owner, typed).rows


@pytest.mark.parametrize(
    ("draft", "phrase"),
    [
        (Draft("Walnut table", "a chair"), '"table walnut"'),
        (Draft("Walnut table", "a chair"), '"table a"'),
        (Draft("Walnut", "a table", ("oak",)), '"table oak"'),
    ],
)
def test_a_phrase_does_not_reach_from_one_part_of_a_note_into_the_next(owner: int, draft: Draft, phrase: str) -> None:
    service.create(owner, draft, "key")
    assert not search(owner, phrase).rows


def test_beginnings_of_all_words_are_tried_only_where_nothing_fits(owner: int) -> None:
    service.create(owner, Draft("Garden", "tulips and lilies"), "one")
    service.create(owner, Draft("Gardens", "tulip"), "two")
    assert not search(owner, "garden tulips").widened
    wider = search(owner, "gard tuli lili")
    assert wider.widened
    assert [hit.note.title for hit in wider.rows] == ["Garden"]
    assert not search(owner, "garden tulips", page=2).rows


def test_the_whole_word_ranks_above_longer_ones(owner: int) -> None:
    for number, text in enumerate(["notebook notebook", "note", "notebooks"]):
        service.create(owner, Draft(f"{number}", text), f"key{number}")
    assert search(owner, "note").rows[0].note.title == "1"


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

"""Hits are marked in the original text, and nothing in it becomes markup."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from app.notes import queries
from app.notes.highlights import mark, passage, pattern
from app.notes.queries import Clause


def parse(typed: str) -> tuple[Clause, ...]:
    return queries.parse(typed, date(2031, 7, 4)).clauses


def test_hits_are_marked_whatever_their_accents_and_capitals() -> None:
    assert mark("Crème brûlée", pattern(parse("CREME"))) == "<mark>Crème</mark> brûlée"


def test_only_whole_words_are_marked_unless_a_beginning_was_asked_for() -> None:
    assert mark("note notes", pattern(parse("note "))) == "<mark>note</mark> notes"
    assert mark("notes", pattern(parse("note*"))) == "<mark>note</mark>s"


def test_a_phrase_is_marked_as_one_across_signs() -> None:
    assert mark("fresh, milk milk", pattern(parse('"fresh milk"'))) == "<mark>fresh, milk</mark> milk"


def test_scripts_without_spaces_are_marked_inside_a_run() -> None:
    assert mark("これは日本語です", pattern(parse("日本語"))) == "これは<mark>日本語</mark>です"


def test_markup_in_a_text_is_escaped_inside_and_outside_of_hits() -> None:
    assert mark("<b>milk</b>", pattern(parse("milk b"))) == (
        "&lt;<mark>b</mark>&gt;<mark>milk</mark>&lt;/<mark>b</mark>&gt;"
    )


@pytest.mark.parametrize(
    ("text", "typed", "marked"),
    [
        ("so eﬃcient!", "efficient", "so <mark>eﬃcient</mark>!"),
        ("an eﬃcient", "eff", "an <mark>eﬃ</mark>cient"),
        ("Zentrix™ 5", "zentrix", "<mark>Zentrix</mark>™ 5"),
        ("by №42, 10㎞", "№42", "by <mark>№42</mark>, 10㎞"),
        ("die Weißwurststraße.", "strasse weisswurststrasse ", "die <mark>Weißwurststraße</mark>."),
        ("cafe\u0301s cafe\u0301", "cafe ", "cafe\u0301s <mark>cafe\u0301</mark>"),
        ("هذا كِتَابٌ جديد", "كتاب", "هذا <mark>كِتَابٌ</mark> جديد"),
        ("दान दिन", "दिन", "दान <mark>दिन</mark>"),
        ("a_snake_case", "snake case", "a_<mark>snake</mark>_<mark>case</mark>"),
        ("ｶﾞガ", "ガ", "<mark>ｶﾞ</mark><mark>ガ</mark>"),
        ("회의록을", "회의록", "<mark>회의록</mark>을"),
        ("👍🏽 🎉", "👍 🎉", "<mark>👍🏽</mark> <mark>🎉</mark>"),
    ],
)
def test_what_is_marked_is_what_was_written(text: str, typed: str, marked: str) -> None:
    assert mark(text, pattern(parse(typed))) == marked


@given(st.text(max_size=80), st.text(max_size=20))
def test_marking_changes_nothing_in_any_text(text: str, typed: str) -> None:
    for hits in (pattern(parse(typed)), pattern(parse(text[: len(text) // 2]))):
        assert Markup(re.sub("</?mark>", "", mark(text, hits))) == Markup.escape(text)


def test_a_passage_is_found_in_text_whose_plain_form_is_longer() -> None:
    shown = passage("日本語 ™ ﬃ " * 200 + "needle in the haystack" + " x" * 200, pattern(parse("needle")))
    assert "<mark>needle</mark> in the haystack" in shown


def test_nothing_is_marked_for_tags_states_and_exclusions() -> None:
    assert pattern(parse("tag:milk is:open -milk")) is None


def test_a_passage_begins_shortly_before_the_first_hit() -> None:
    shown = passage("word " * 100 + "needle in the haystack", pattern(parse("needle")))
    assert shown.startswith("… word")
    assert "<mark>needle</mark> in the haystack" in shown

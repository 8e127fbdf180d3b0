"""Hits are marked in the original text, and nothing in it becomes markup."""

from app.notes.highlights import mark, passage, pattern
from app.notes.words import parse


def test_hits_are_marked_whatever_their_accents_and_capitals() -> None:
    assert mark("Crème brûlée", pattern(parse("CREME"))) == "<mark>Crème</mark> brûlée"


def test_only_whole_words_are_marked_unless_a_beginning_was_asked_for() -> None:
    assert mark("note notes", pattern(parse("note"))) == "<mark>note</mark> notes"
    assert mark("notes", pattern(parse("note*"))) == "<mark>note</mark>s"


def test_a_phrase_is_marked_as_one_across_signs() -> None:
    assert mark("fresh, milk milk", pattern(parse('"fresh milk"'))) == "<mark>fresh, milk</mark> milk"


def test_scripts_without_spaces_are_marked_inside_a_run() -> None:
    assert mark("これは日本語です", pattern(parse("日本語"))) == "これは<mark>日本語</mark>です"


def test_markup_in_a_text_is_escaped_inside_and_outside_of_hits() -> None:
    assert mark("<b>milk</b>", pattern(parse("milk b"))) == (
        "&lt;<mark>b</mark>&gt;<mark>milk</mark>&lt;/<mark>b</mark>&gt;"
    )


def test_nothing_is_marked_for_tags_states_and_exclusions() -> None:
    assert pattern(parse("tag:milk is:open -milk")) is None


def test_a_passage_begins_shortly_before_the_first_hit() -> None:
    shown = passage("word " * 100 + "needle in the haystack", pattern(parse("needle")))
    assert shown.startswith("… word")
    assert "<mark>needle</mark> in the haystack" in shown

"""What a person may write: the limits, and the cleaning of what was typed."""

import pytest

from app.errors import Invalid
from app.notes.drafts import BODY_BYTES, Draft, excerpt, split_tags, tidy_tag


@pytest.mark.parametrize(
    ("draft", "field", "words"),
    [
        (Draft(), "body", "nothing to save yet"),
        (Draft(title="  \t ", body=" \n "), "body", "nothing to save yet"),
        (Draft(title="x" * 201), "title", "at most 200 characters; this one has 201"),
        (Draft(title="a\x00b"), "title", "cannot be stored"),
        (Draft(body="a\x00b"), "body", "cannot be stored"),
        (Draft(body="half \ud800 of a pair"), "body", "cannot be stored"),
        (Draft(body="x" * (BODY_BYTES + 1)), "body", "at most 256 KiB; this one has 257 KiB"),
        (Draft(body="ü" * (BODY_BYTES // 2 + 1)), "body", "at most 256 KiB"),
        (Draft(title="t", tags=tuple(f"t{n}" for n in range(10_000))), "tags", "at most 20 tags; these are 10000"),
        (Draft(title="t", tags=("x" * 41,)), "tags", "at most 40 characters"),
        (Draft(title="t", tags=("ok", "a:b")), "tags", "“a:b” holds the sign :"),
        (Draft(title="t", tags=("..",)), "tags", "“..” holds dots alone"),
        (Draft(title="t", tags=("a/../b",)), "tags", "“a/../b” holds dots alone"),
        (Draft(title="t", tags=("two words",)), "tags", "“two words” holds a space; write “two-words”"),
        (Draft(title="t", tags=("\ud800",)), "tags", "cannot be stored"),
        (Draft(title="t", tags=("ß" * 21,)), "tags", "at most 40 characters"),  # compared as ss
        (Draft(title="t", status="perhaps"), "status", "none, open or done"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_its_field_and_reason(draft: Draft, field: str, words: str) -> None:
    with pytest.raises(Invalid) as refusal:
        draft.cleaned()
    assert words in refusal.value.fields[field]


def test_every_field_at_fault_is_named_at_once() -> None:
    with pytest.raises(Invalid) as refusal:
        Draft(title="x" * 201, tags=("a b",), status="?").cleaned()
    assert set(refusal.value.fields) == {"title", "tags", "status"}


def test_a_text_of_exactly_the_limit_is_accepted() -> None:
    assert len(Draft(body="x" * BODY_BYTES).cleaned().body) == BODY_BYTES


def test_an_empty_title_is_fine_when_there_is_text() -> None:
    assert not Draft(body="milk").cleaned().title


def test_line_ends_are_unified_and_nothing_else_of_a_text_changes() -> None:
    assert Draft(body="  a \r\nb\rc\n\n").cleaned().body == "  a \nb\nc\n\n"


def test_tags_keep_their_spelling_and_are_unique_and_sorted_as_they_are_compared() -> None:
    assert Draft(title="t", tags=("Work", "#work", "", "Äpfel", "a")).cleaned().tags == ("a", "Work", "Äpfel")


@pytest.mark.parametrize("tag", ["Straße", "φίλος", "İstanbul", "C#", "R&D", "a/b", "сім'я", "C++", "日本", "@home"])
def test_a_tag_is_stored_as_it_is_spelled(tag: str) -> None:
    assert Draft(title="t", tags=(tag,)).cleaned().tags == (tag,)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Straße", "STRASSE"), ("φίλος", "ΦΊΛΟΣ"), ("İstanbul", "istanbul"), ("C#", "#c#"), ("a//b/", "A/b"), ("é", "É")],
)
def test_tags_in_other_spellings_are_the_same(one: str, other: str) -> None:
    assert tidy_tag(one) == tidy_tag(other)
    assert len(Draft(title="t", tags=(one, other)).cleaned().tags) == 1


@pytest.mark.parametrize(
    ("typed", "tags"),
    [
        (" home  #work x ", ("home", "#work", "x")),
        ("machine learning, ai", ("machine learning", "ai")),
        ("#home #work, x", ("#home", "#work", "x")),
        ("home, ,", ("home",)),
        ("  ", ()),
    ],
)
def test_typed_tags_are_parted_by_commas_or_else_by_spaces(typed: str, tags: tuple[str, ...]) -> None:
    assert split_tags(typed) == tags


def test_an_excerpt_begins_with_the_first_words() -> None:
    assert excerpt("\n\n  milk " + "x" * 500) == "milk " + "x" * 235

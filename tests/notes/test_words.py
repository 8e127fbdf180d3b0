"""The words of a text as the index knows them, and what can be typed as a search."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.notes.drafts import Draft
from app.notes.words import Term, boolean_mode, fold, fts5, index_text, parse, words


def test_words_are_without_accents_and_capitals() -> None:
    assert list(words("Crème BRÛLÉE, naïve-ish: Ωμέγα")) == ["creme", "brulee", "naive", "ish", "ωμεγα"]


def test_decomposed_letters_are_the_same_words() -> None:
    assert list(words("cafe\u0301")) == ["cafe"]


def test_scripts_without_spaces_are_words_of_one_character() -> None:
    assert list(words("日本語 text")) == ["日", "本", "語", "text"]


@given(st.text())
def test_folding_keeps_every_position(text: str) -> None:
    assert len(fold(text)) == len(text)


@given(st.text())
def test_the_index_holds_nothing_but_plain_tokens_of_the_owner(text: str) -> None:
    tokens = index_text(128, Draft(title=text, body=text), pinned=False, archived=False).split()
    assert all(token.isascii() and token.replace("_", "").isalnum() and token.startswith("3k_") for token in tokens)


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("milk Eggs", (Term("word", ("milk",)), Term("word", ("eggs",)))),
        ('"fresh milk"', (Term("word", ("fresh", "milk")),)),
        ('"not closed', (Term("word", ("not", "closed")),)),
        ("-milk", (Term("word", ("milk",), excluded=True),)),
        ("e-mail", (Term("word", ("e", "mail")),)),
        ("proj*", (Term("word", ("proj",), prefix=True),)),
        ("tag:Home -tag:work", (Term("tag", ("home",)), Term("tag", ("work",), excluded=True))),
        ("is:open is:nonsense", (Term("state", ("open",)), Term("word", ("is", "nonsense")))),
        ("tag: is:", (Term("word", ("tag",)), Term("word", ("is",)))),
        ('" " - * ()', ()),
    ],
)
def test_what_is_typed_is_understood(typed: str, terms: tuple[Term, ...]) -> None:
    assert parse(typed) == terms


def test_a_query_of_exclusions_starts_from_all_notes() -> None:
    assert fts5(1, parse("-milk")) == '"1_sall" NOT "1_wmilk"'
    assert boolean_mode(1, parse("-milk")) == "+1_sall -1_wmilk"


def test_both_databases_are_asked_for_the_same_tokens() -> None:
    terms = parse('milk "fresh eggs" be* -tag:work')
    assert fts5(1, terms) == '"1_wmilk" AND "1_wfresh 1_weggs" AND "1_wbe" * NOT "1_twork"'
    assert boolean_mode(1, terms) == '+1_wmilk +"1_wfresh 1_weggs" +1_wbe* -1_twork'

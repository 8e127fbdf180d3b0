"""The words of a text as the index knows them."""

import gc
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.notes import tokens
from app.notes.drafts import Draft
from app.notes.tokens import OCCURRENCES, index_text, search_tokens, strip_accents, token


@contextmanager
def keeping_at_most(bytes_: int) -> Iterator[None]:
    """Fail where the block leaves more behind in memory."""
    tracemalloc.start()
    try:
        yield
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] <= bytes_
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Crème BRÛLÉE, naïve-ish: Ωμέγα Σίσυφος", "creme brulee naive ish ωμεγα σισυφοσ"),
        ("cafe\u0301 Tie\u0302\u0301ng Vie\u0302\u0323t", "cafe tieng viet"),
        # Ligatures and compatibility signs; those made of letters stand beside a word.
        ("eﬃcient ﬁn ĳs Ａ４ 𝐁𝐨𝐥𝐝 ｔｅｓｔ", "efficient fin ijs a4 bold test"),
        ("Zentrix™ Acme® foot¹ 5m²", "zentrix acme foot 1 5m 2"),
        ("№42 10㎞ 20℃ 1½ ①", "no 42 10 km 20 c 1 1 2 1"),
        # Letters without decomposition.
        ("Łódź Søster Đakovo Œuvre Ærø Weißwurststraße", "lodz soster dakovo oeuvre aero weisswurststrasse"),
        (
            "DIŞARI dışarı İstanbul ISTANBUL Þór Bakıxanov Əli Ħamrun",
            "disari disari istanbul istanbul thor bakixanov eli hamrun",
        ),
        # Accents go, other letters stay: ё is е, й is not и.
        ("ёж мои мой їжак сім’я сім'я сімʼя", "еж мои мой їжак сім я сім я сім я"),
        # Vowel marks and other spellings of Arabic, Hebrew points.
        ("كِتَابٌ أَحْمَد مَدْرَسَةٌ کتاب عـــربي ٤٢", "كتاب احمد مدرسه كتاب عربي 42"),
        ("שָׁלוֹם", "שלום"),
        # Vowel signs are letters in the scripts of India and Thailand; nuktas are accents.
        ("दिन दान ज़िंदगी நன்றி", "दिन दान जिंदगी நன்றி"),
        ("กิน ไม่", "ก ิ น ไ ม ่"),
        # What cannot be seen parts nothing; what is no letter parts words.
        ("so\u00adft zero\u200bwidth می\u200cخواهم \ufeffbom", "soft zerowidth ميخواهم bom"),
        ("IMG_20310704_0815 snake_case e-mail", "img 20310704 0815 snake case e mail"),
        # Scripts without spaces, and Korean: each character is a word.
        ("日本語 text 人々 が か ｶﾞ カ\u3099", "日 本 語 text 人 々 が か ガ ガ"),
        ("회의록을 \u1112\u116c", "회 의 록 을 회"),
        ("party🎉 👍🏽 👩‍👧 ❤️ 1️⃣", "party 🎉 👍 👩 👧 ❤ 1"),
    ],
)
def test_words_are_found_as_people_write_them(text: str, words: str) -> None:
    assert " ".join(search_tokens(text)) == words


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("ทำ", ["ท", "\u0e4d", "า"]),
        ("ท\u0e4dา", ["ท", "\u0e4d", "า"]),
        ("ຄຳ", ["ຄ", "\u0ecd", "າ"]),
        ("ໜ", ["ຫ", "ນ"]),
        ("㍿", ["株", "式", "会", "社"]),
        ("5㌔", ["5", "キ", "ロ"]),
    ],
)
def test_a_character_that_is_several_of_a_script_without_spaces_is_found_by_each(
    written: str, words: list[str]
) -> None:
    assert list(search_tokens(written)) == words


@given(st.text())
@example("ำ")
def test_what_was_stripped_once_stays_as_it_is(text: str) -> None:
    words = list(search_tokens(text))
    assert list(search_tokens(" ".join(words))) == words


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_text_keeps_every_position(text: str) -> None:
    assert len(strip_accents(text)) == len(text)


@given(st.text())
def test_the_index_holds_nothing_but_plain_tokens_of_the_owner(text: str) -> None:
    tokens = index_text(128, Draft(title=text, body=text), pinned=False, archived=False).split()
    assert all(token.isascii() and token.replace("_", "").isalnum() and token.startswith("3k_") for token in tokens)
    assert all(len(token) <= 84 for token in tokens)


def test_the_index_has_the_title_the_text_the_tags_and_what_the_note_is() -> None:
    draft = Draft("Walnut table", "10㎞", ("to-do",), "open", date(2031, 7, 4))
    assert index_text(1, draft, pinned=True, archived=False).split() == [
        *("1_wwalnut", "1_wtable", "1_b", "1_w10", "1_wkm", "1_b", "1_wto", "1_wdo", "1_b"),
        *("1_wwalnut", "1_b", "1_wtable", "1_b", "1_w10km", "1_b"),
        *("1_tto_19do", "1_sall", "1_stask", "1_sopen", "1_spinned", "1_d20310704"),
    ]


def test_long_words_that_begin_alike_are_different_tokens_with_one_beginning() -> None:
    one, other = (token(1, "w", "x" * 80 + end) for end in "ab")
    assert one != other
    assert one.startswith(token(1, "w", "x" * 80, prefix=True))
    assert other.startswith(token(1, "w", "x" * 80, prefix=True))


def test_a_word_repeated_endlessly_is_indexed_so_often_and_no_phrase_reaches_across_the_rest() -> None:
    tokens = index_text(1, Draft(body="again " * 100_000 + "end"), pinned=False, archived=False)
    assert tokens.count("1_wagain") == OCCURRENCES
    assert "1_wagain 1_b 1_wend" in tokens


def test_words_as_long_as_a_text_are_not_remembered() -> None:
    with keeping_at_most(100_000):
        for number in range(20):
            token(1, "w", f"{number}" + "a" * 100_000)


def test_not_every_letter_that_there_is_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "REMEMBERED", 1_000)
    with keeping_at_most(200_000):
        strip_accents("".join(map(chr, range(0xF0000, 0xF0000 + 10_000))))  # of private use, which mean nothing

"""The alignment of two sequences: the longest one, always in order, and never more work than is known beforehand."""

from __future__ import annotations

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.notes import alignment
from app.notes.alignment import TooDifferent, align

SEQUENCES = st.lists(st.sampled_from("abcd "), max_size=40)


@given(SEQUENCES, SEQUENCES)
def test_blocks_are_equal_in_both_and_in_order(before: list[str], after: list[str]) -> None:
    end = new_end = 0
    for start, new_start, length in align(before, after):
        assert length
        assert start >= end
        assert new_start >= new_end
        assert before[start : start + length] == after[new_start : new_start + length]
        end, new_end = start + length, new_start + length


@given(SEQUENCES, SEQUENCES)
def test_no_less_is_found_than_by_difflib(before: list[str], after: list[str]) -> None:
    blocks = difflib.SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    assert sum(length for *_, length in align(before, after)) >= sum(block.size for block in blocks)


@given(SEQUENCES)
def test_equal_sequences_are_one_block(items: list[str]) -> None:
    assert align(items, items) == ([(0, 0, len(items))] if items else [])


def test_items_of_equal_hash_are_not_taken_for_equal() -> None:
    # hash(-1) == hash(-2) in CPython, and rapidfuzz compares hashes.
    assert align([-1], [-2]) == []


def test_the_work_is_bounded_by_pairs_between_equal_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alignment, "PAIRS_AT_MOST", 100)
    ends = ["x"] * 1000
    assert len(align([*ends, *"abcdefghij", *ends], [*ends, *"ABCDEFGHIJ", *ends])) == 2
    with pytest.raises(TooDifferent):
        align([*ends, *"abcdefghijk", *ends], [*ends, *"ABCDEFGHIJ", *ends])

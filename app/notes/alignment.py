"""Aligns two sequences of lines or words by their longest common subsequence, with a known bound on the work."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from rapidfuzz.distance import LCSseq

# The algorithm (Hyyrö 2004, bit-parallel) looks once at each pair of items, 64 pairs in one step, and keeps a bit of
# each: this many pairs are two sequences of 10,000 items, 1.6 million steps and 12.5 MB.
PAIRS_AT_MOST = 100_000_000

Block = tuple[int, int, int]
"""Where equal items begin in both sequences, and how many there are."""


class TooDifferent(Exception):
    """Between their equal beginnings and ends the sequences have too many items to be aligned."""


def align(before: Sequence[Hashable], after: Sequence[Hashable]) -> list[Block]:
    """Return the blocks of items that are in both sequences, in order. Raises TooDifferent."""
    start, tail = equal_ends(before, after)
    end, new_end = len(before) - tail, len(after) - tail
    blocks = [(0, 0, start), *_align_middle(before[start:end], after[start:new_end], start), (end, new_end, tail)]
    return [block for block in blocks if block[2]]


def equal_ends(before: Sequence[Hashable], after: Sequence[Hashable]) -> tuple[int, int]:
    """Return how many items at the beginning, and how many of the others at the end, are equal."""
    shortest = min(len(before), len(after))
    start = 0
    while start < shortest and before[start] == after[start]:
        start += 1
    tail = 0
    while tail < shortest - start and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    return start, tail


def _align_middle(before: Sequence[Hashable], after: Sequence[Hashable], offset: int) -> list[Block]:
    if len(before) * len(after) > PAIRS_AT_MOST:
        raise TooDifferent
    # rapidfuzz compares items by their hashes; numbers of our own cannot collide.
    numbers: dict[Hashable, int] = {}
    first, second = ([numbers.setdefault(item, len(numbers)) for item in items] for items in (before, after))
    return [
        (offset + step.src_start, offset + step.dest_start, step.src_end - step.src_start)
        for step in LCSseq.opcodes(first, second)
        if step.tag == "equal"
    ]


class LineMatcher:
    """`align` in the form in which merge3 calls difflib.SequenceMatcher."""

    def __init__(self, _isjunk: None, a: Sequence[str], b: Sequence[str]) -> None:
        self._blocks = align(a, b)

    def get_matching_blocks(self) -> list[Block]:
        return self._blocks

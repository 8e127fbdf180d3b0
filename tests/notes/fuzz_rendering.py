"""Searches for texts whose rendering takes longer than it may: `make fuzz`, or RENDERINGS=1000 for a longer search.

Texts are pieces of Markdown and HTML repeated up to 256 KiB. The slowest and largest so far are changed a little, again
and again. What is found over a bound belongs into test_markdown_bounds.py.
"""

from __future__ import annotations

import os
import random

import pytest

from notes.measuring import LARGEST, MEGABYTES, SECONDS, Taken, filled, renderer
from notes.test_markdown_bounds import SLOW
from notes.test_markdown_loses_nothing import MARKUP

RENDERINGS = int(os.environ.get("RENDERINGS", "150"))
KEPT = 12
PIECES = [
    *MARKUP,
    *SLOW,
    "a",
    "a ",
    "\n> ",
    ">",
    "\n- ",
    "\n    ",
    "|a|b|c",
    'title="x"',
    "=",
    "&amp;",
    "http://a.b",
    "$a$",
    "}",
]


@pytest.mark.parametrize("seed", [int(os.environ.get("SEED", "0")) or random.SystemRandom().randrange(10**6)])
def test_no_text_is_found_that_takes_more_than_it_may(seed: int) -> None:
    chance = random.Random(seed)
    slowest: list[tuple[float, list[str]]] = []
    with renderer() as rendering:
        for _ in range(RENDERINGS):
            pieces = _changed(chance.choice(slowest)[1], chance) if slowest and chance.random() < 0.7 else _new(chance)
            text = filled(pieces, LARGEST if chance.random() < 0.8 else LARGEST // 4)
            taken = rendering.take(text)
            assert taken.seconds <= SECONDS, (seed, taken, pieces)
            assert taken.megabytes <= MEGABYTES, (seed, taken, pieces)
            slowest = sorted([*slowest, (_weight(taken), pieces)], reverse=True)[:KEPT]
    print(f"seed {seed}: the slowest were", *(f"{weight:.2f} {pieces}" for weight, pieces in slowest[:3]), sep="\n  ")


def _weight(taken: Taken) -> float:
    """Return how near to a bound it came, 1 at the bound."""
    return max(taken.seconds / SECONDS, taken.megabytes / MEGABYTES)


def _new(chance: random.Random) -> list[str]:
    return [chance.choice(PIECES) for _ in range(chance.choice((1, 2, 2, 3, 4, 6)))]


def _changed(pieces: list[str], chance: random.Random) -> list[str]:
    changed = list(pieces)
    at = chance.randrange(len(changed))
    match chance.randrange(3):
        case 0:
            changed.insert(at, chance.choice(PIECES))
        case 1:
            changed[at] = chance.choice(PIECES)
        case _ if len(changed) > 1:
            del changed[at]
    return changed

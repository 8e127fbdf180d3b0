"""What one request costs: processor time and memory, which other processes on the machine do not change much."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, cycle, islice

from hypothesis import strategies as st
from pace import processor_seconds

# Of any single request of at most 256 KiB. Memory is what Python allocates; the alignment of two texts takes 12.5 MB
# beside it, and an allocator some more than it is asked for, so this is less than the 150 MB that are promised.
SECONDS_AT_MOST = 0.5
MEGABYTES_AT_MOST = 120


@dataclass(frozen=True, slots=True)
class Cost:
    seconds: float
    megabytes: float


def cost(request: Callable[[], object]) -> Cost:
    """Make the request several times; return the time that it takes, and the most memory in use at once.

    What a request does twice must be the same twice: a refused save, a page.
    """
    return Cost(processor_seconds(request, SECONDS_AT_MOST), _megabytes(request))


def _megabytes(request: Callable[[], object]) -> float:
    tracemalloc.start()
    try:
        request()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


UNITS = st.text(st.sampled_from(" \n\t!.?*_`#|-[]()<>&\"'~aäß你"), min_size=1, max_size=12)
SIZES = st.sampled_from([500, 5_000, 50_000, 250_000])


@st.composite
def repetitive_texts(draw: st.DrawFn) -> str:
    """Draw texts of up to 256 KiB that a few characters describe: what is slow is mostly long and repeats itself."""
    units = draw(st.lists(UNITS, min_size=1, max_size=4))
    size = draw(SIZES)
    numbered = draw(st.booleans())
    pieces = (f"{unit}{number if numbered else ''}" for number, unit in enumerate(cycle(units)))
    text = "".join(islice(chain.from_iterable(pieces), size))
    return text.encode()[:250_000].decode(errors="ignore")

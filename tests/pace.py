"""How fast this machine is right now, so that a bound on processor time means the same work everywhere.

A neighbour on the same core makes everything take up to twice as long, and the process is charged for it. The same
piece of work, done beside what is measured, tells how much.
"""

from __future__ import annotations

import argparse
import ast
import gc
import inspect
import time
from collections.abc import Callable

SECONDS = 0.05  # that WORK takes on an undisturbed core of the machine on which the bounds were set
WORK = inspect.getsource(argparse)


def slowness() -> float:
    """Return how many times as long as there the same work takes here, at least 1."""
    collects = gc.isenabled()
    gc.disable()  # a large heap of the process must not count
    try:
        return max(1, min(_seconds(lambda: ast.unparse(ast.parse(WORK))) for _ in range(2)) / SECONDS)
    finally:
        if collects:
            gc.enable()


def processor_seconds(work: Callable[[], object], most: float, tries: int = 3) -> float:
    """Return the processor time that `work` takes, as on the undisturbed machine.

    A first measurement within `most` is taken as it is; otherwise it is the least of several.
    """
    taken = _seconds(work)
    while taken > most and (tries := tries - 1):
        taken = min(taken, _seconds(work) / slowness())
    return taken


def _seconds(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun

"""Traces, folded: of each error of a chain its type and the lines of ours that it passed, in one line of text."""

from __future__ import annotations

import threading
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECONDS_BETWEEN = 60.0  # in which the same trace is written once
REMEMBERED = 1000


def fold(error: BaseException) -> str:
    """Return e.g. `Unavailable: app/notes/api.py:57 app/db/transactions.py:50 < OperationalError: ...`."""
    folded = []
    seen: BaseException | None = error
    while seen is not None:
        frames = traceback.extract_tb(seen.__traceback__)
        # Of a library only where it ended: how one gets there is the same for everybody.
        ours = [frame for frame in frames if "site-packages" not in frame.filename] or frames[-1:]
        lines = " ".join(f"{_relative(frame.filename)}:{frame.lineno}" for frame in ours)
        folded.append(f"{type(seen).__name__}: {lines}".rstrip(": "))
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return " < ".join(folded)


def describe(error: BaseException) -> str:
    """Return type and text of what went wrong first; of an error of the driver no more than its number.

    Its text may repeat what somebody wrote.
    """
    seen = error
    while seen.__cause__ is not None:
        seen = seen.__cause__
    if type(seen).__module__.partition(".")[0] in {"pymysql", "sqlalchemy"}:
        number = seen.args[0] if seen.args and isinstance(seen.args[0], int) else None
        return type(seen).__name__ if number is None else f"{type(seen).__name__} {number}"
    return f"{type(seen).__name__}: {seen}"[:500]


def _relative(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) and ".venv" not in path.parts else path.name


class Sampled:
    """Which traces were written lately."""

    def __init__(self) -> None:
        self._written: dict[str, float] = {}
        self._lock = threading.Lock()

    def is_due(self, trace: str) -> bool:
        """Tell whether it is time to write this trace, and remember that it was written."""
        now = time.monotonic()
        with self._lock:
            if now - self._written.get(trace, -SECONDS_BETWEEN) < SECONDS_BETWEEN:
                return False
            if len(self._written) >= REMEMBERED:
                self._written.clear()
            self._written[trace] = now
        return True

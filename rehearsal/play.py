"""Builds a world and plays the wanted parts in it; the outcome is plain data."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rehearsal import matrix, stage, story
from rehearsal.state import State


def parts(state: State, home: Path, key: Path, wanted: Sequence[str]) -> dict[str, Any]:
    began = time.monotonic()
    staged = stage.three_tier(state, home, key)
    found: dict[str, Any] = {"seconds to be ready": round(time.monotonic() - began, 1)}
    for part in wanted:
        found[part] = PARTS[part](staged)
    return found


def _matrix(staged: stage.Stage) -> dict[str, Any]:
    answers = matrix.tried(staged.network)
    return {
        "tried": len(answers),
        "inside": _listed(matrix.by_role(staged.network, answers)),
    }


def _listed(found: dict[tuple[str, str], set[str]]) -> list[list[str]]:
    return [[source, target, *sorted(ports, key=int)] for (source, target), ports in sorted(found.items())]


PARTS = {"matrix": _matrix, "story": story.told}

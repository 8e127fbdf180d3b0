"""Builds a world and plays the wanted parts in it; the outcome is plain data."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rehearsal import faults, matrix, stage, story
from rehearsal.description import described
from rehearsal.network import Network
from rehearsal.state import State


def parts(state: State, home: Path, wanted: Sequence[str]) -> dict[str, Any]:
    if list(wanted) == ["network"]:
        return {"matrix": _tried(stage.connected(state, home))}
    began = time.monotonic()
    staged = stage.three_tier(state, home)
    found: dict[str, Any] = {"seconds to be ready": round(time.monotonic() - began, 1), "world": described(staged)}
    for part in wanted:
        found[part] = PARTS[part](staged)
    return found


def _tried(network: Network) -> dict[str, Any]:
    answers = matrix.tried(network)
    return {"tried": len(answers), "open": _listed(matrix.by_role(network, answers))}


def _listed(found: dict[tuple[str, str], set[str]]) -> list[list[str]]:
    return [[source, target, *sorted(ports, key=int)] for (source, target), ports in sorted(found.items())]


PARTS: dict[str, Callable[[stage.Stage], dict[str, Any]]] = {
    "matrix": lambda staged: _tried(staged.network),
    "story": story.told,
} | faults.PARTS

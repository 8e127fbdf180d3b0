"""Builds a world and plays the wanted parts in it; the outcome is plain data."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rehearsal import entering, faults, matrix, stage, story, tasks
from rehearsal.description import described
from rehearsal.network import Network
from rehearsal.state import State


def parts(state: State, home: Path, wanted: Sequence[str]) -> dict[str, Any]:
    if list(wanted) == ["network"]:
        return {"matrix": _tried(stage.connected(state, home))}
    began = time.monotonic()
    staged = stage.built(state, home)
    found: dict[str, Any] = {"seconds to be ready": round(time.monotonic() - began, 1)}
    if isinstance(staged, stage.Stage):
        found["world"] = described(staged)
    for part in wanted:
        if part == "matrix":
            found[part] = _tried(staged.network)
        else:
            found[part] = PARTS[type(staged)][part](staged)
    return found


def _tried(network: Network) -> dict[str, Any]:
    answers = matrix.tried(network)
    return {"tried": len(answers), "open": _listed(matrix.by_role(network, answers))}


def _listed(found: dict[tuple[str, str], set[str]]) -> list[list[str]]:
    return [[source, target, *sorted(ports, key=int)] for (source, target), ports in sorted(found.items())]


NOTES: dict[str, Callable[[stage.Stage], dict[str, Any]]] = {"story": story.told} | faults.PARTS
ENTRIES: dict[str, Callable[[stage.Entries], dict[str, Any]]] = {
    "story": entering.story,
    "dynamodb-throttled": entering.throttled,
}
PARTS: dict[type, dict[str, Callable[[Any], dict[str, Any]]]] = {
    stage.Stage: NOTES,
    stage.Entries: ENTRIES,
    stage.Tasks: tasks.PARTS,
}

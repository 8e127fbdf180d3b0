"""Builds a world and plays the wanted parts in it; the outcome is plain data."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rehearsal.components import stacks
from rehearsal.model.state import State
from rehearsal.network.network import Network
from rehearsal.report.description import described
from rehearsal.scenarios import eight_digit, faults, matrix, task_manager, three_tier


def parts(state: State, home: Path, wanted: Sequence[str]) -> dict[str, Any]:
    if list(wanted) == ["network"]:
        return {"matrix": _tried(stacks.connected(state, home))}
    began = time.monotonic()
    staged = stacks.built(state, home)
    found: dict[str, Any] = {"seconds to be ready": round(time.monotonic() - began, 1)}
    if isinstance(staged, stacks.Stage):
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


NOTES: dict[str, Callable[[stacks.Stage], dict[str, Any]]] = {"story": three_tier.told} | faults.PARTS
ENTRIES: dict[str, Callable[[stacks.Entries], dict[str, Any]]] = {
    "story": eight_digit.story,
    "dynamodb-throttled": eight_digit.throttled,
}
PARTS: dict[type, dict[str, Callable[[Any], dict[str, Any]]]] = {
    stacks.Stage: NOTES,
    stacks.Entries: ENTRIES,
    stacks.Tasks: task_manager.PARTS,
}

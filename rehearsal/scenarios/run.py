"""Runs scenarios: starts a composition and does in it what is wanted; the results are plain data."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from rehearsal.components.stacks import (
    EightDigitStack,
    TaskManagerStack,
    ThreeTierStack,
    build_network,
    build_stack,
)
from rehearsal.model.state import State
from rehearsal.network.network import Network
from rehearsal.report.description import describe
from rehearsal.scenarios import eight_digit, faults, faults_of_s3, matrix, task_manager, three_tier


def run_scenarios(state: State, home: Path, names: Sequence[str]) -> dict[str, Any]:
    """Return the results by scenario. "network" alone is the matrix of hosts without any program."""
    if list(names) == ["network"]:
        return {"matrix": _run_matrix(build_network(state, home))}
    began = time.monotonic()
    stack = build_stack(state, home)
    results: dict[str, Any] = {"seconds to be ready": round(time.monotonic() - began, 1)}
    if isinstance(stack, ThreeTierStack):
        results["topology"] = describe(stack)
    for name in names:
        results[name] = _run_matrix(stack.network) if name == "matrix" else SCENARIOS[type(stack)][name](stack)
    return results


def _run_matrix(network: Network) -> dict[str, Any]:
    answers = matrix.try_all(network)
    return {"tried": len(answers), "open": _as_lists(matrix.by_role(network, answers))}


def _as_lists(found: dict[tuple[str, str], set[str]]) -> list[list[str]]:
    return [[source, target, *sorted(ports, key=int)] for (source, target), ports in sorted(found.items())]


THREE_TIER: dict[str, Callable[[ThreeTierStack], dict[str, Any]]] = (
    {"walkthrough": three_tier.walkthrough} | faults.SCENARIOS | faults_of_s3.SCENARIOS
)
TASK_MANAGER: dict[str, Callable[[TaskManagerStack], dict[str, Any]]] = task_manager.SCENARIOS | faults_of_s3.SCENARIOS
EIGHT_DIGIT: dict[str, Callable[[EightDigitStack], dict[str, Any]]] = {
    "walkthrough": eight_digit.walkthrough,
    "dynamodb-throttled": eight_digit.throttle_dynamodb,
}
SCENARIOS: dict[type, dict[str, Callable[[Any], dict[str, Any]]]] = {
    ThreeTierStack: THREE_TIER | faults.CLUSTER_SCENARIOS,
    EightDigitStack: EIGHT_DIGIT,
    TaskManagerStack: TASK_MANAGER,
}
# What the report is about, by composition.
REPORTED: dict[str, Iterable[str]] = {
    "three-tier": THREE_TIER,
    "three-tier-cluster": faults.CLUSTER_SCENARIOS,
    "task-manager": TASK_MANAGER,
    "eight-digit": EIGHT_DIGIT,
}

"""What was promised in figures, beside what was measured: response times under a stated load, and availability."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, NamedTuple

from rehearsal.report.availability import CLAIM, available, month
from rehearsal.scenarios.ledger import CLIENTS

MEAN_BELOW = 200  # milliseconds: what the description of the task manager promises


class Metric(NamedTuple):
    """A row of the table; all but `kept` are words."""

    composition: str
    what: str
    promised: str
    measured: str
    kept: bool
    how: str


def metrics(compositions: dict[str, dict[str, Any]]) -> list[Metric]:
    """Return the rows for the results of all compositions, by name."""
    return [row for name, results in compositions.items() for row in _rows(name, results)]


def _rows(name: str, results: dict[str, Any]) -> Iterator[Metric]:
    if load := results.get("undisturbed"):
        yield _response_time(name, load)
    if rows := month(name, results):
        share = available(rows)
        how = "a bad month: measured gaps and assumed times of AWS, added up below"
        yield Metric(name, "availability", f"{CLAIM * 100:.1f} %", f"{share * 100:.3f} %", share >= CLAIM, how)


def _response_time(name: str, load: dict[str, Any]) -> Metric:
    taken = load["milliseconds"]
    measured = f"{taken['mean']} ms; median {taken['median']}, 95 % {taken['p95']}, 99 % {taken['p99']}"
    how = (
        f"{CLIENTS} clients, {load['a second']:.0f} requests a second, each fourth of them a new note;"
        f" {load['requests']} requests without a fault, {load['failed']} of them failed; clients and all hosts share"
        f" {os.cpu_count()} processors"
    )
    is_kept = taken["mean"] < MEAN_BELOW
    return Metric(name, "mean response time", f"below {MEAN_BELOW} ms", measured, is_kept, how)

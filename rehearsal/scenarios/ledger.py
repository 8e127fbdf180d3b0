"""Ledger of what clients were answered, to compare with what the database holds afterwards."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from devtools.processes import wait_until
from rehearsal import in_host
from rehearsal.components.stacks import EightDigitStack, NotesStack, Stack
from rehearsal.in_host.browser_session import EMAIL, PASSWORD
from rehearsal.network.processes import stop

CLIENTS = 6
CLIENTS_OF_FILES = 12  # more than the tasks have connections to the database for transactions


@dataclass
class Ledger:
    file: Path
    marks: list[tuple[float, str]] = field(default_factory=list)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.file.read_text().splitlines()]

    def mark(self, what: str) -> None:
        self.marks.append((time.time(), what))

    def longest_gap(self) -> float:
        """The longest time in which one and the same client got nothing that was asked for."""
        well: dict[int, list[float]] = defaultdict(list)
        last: dict[int, float] = {}
        for line in self.lines():
            last[line["client"]] = line["at"] + line["seconds"]
            if line["well"]:
                well[line["client"]].append(last[line["client"]])
        # Up to the last answer of all: somebody who was left without one counts too.
        return max(b - a for client, times in well.items() for a, b in pairwise([*times, last[client]]))

    def milliseconds(self) -> dict[str, float]:
        """Return how long the requests took that were answered as they should: mean, median, and two percentiles."""
        taken = sorted(1000 * line["seconds"] for line in self.lines() if line["well"])
        cuts = statistics.quantiles(taken, n=100, method="inclusive")
        found = {"mean": statistics.fmean(taken), "median": cuts[49], "p95": cuts[94], "p99": cuts[98]}
        return {name: round(value, 1) for name, value in found.items()}

    def rate(self) -> float:
        """Return the requests in a second, of all clients together."""
        lines = self.lines()
        began, ended = min(line["at"] for line in lines), max(line["at"] + line["seconds"] for line in lines)
        return float(round(len(lines) / (ended - began), 1))

    def all_well_since(self, since: float) -> bool:
        """Whether every client was answered well to something asked after that."""
        lines = self.lines()
        return {line["client"] for line in lines} == {
            line["client"] for line in lines if line["well"] and line["at"] > since
        }

    def compare(self, stored: list[str]) -> dict[str, Any]:
        """Return what was answered, and which acknowledged writes are not in `stored`, or are there twice."""
        lines = self.lines()
        failed = [line for line in lines if not line["well"]]
        failures = Counter(f"{line['kind']} {line['answer']}" for line in failed)
        began = self.marks[0][0] if self.marks else lines[0]["at"]
        acknowledged = [line["what"] for line in lines if line["kind"] == "write" and line["well"]]
        there = Counter(stored)
        return {
            "requests": len(lines),
            "a second": self.rate(),
            "milliseconds": self.milliseconds(),
            "failed": len(failed),
            "failures": dict(failures),
            "longest gap": round(self.longest_gap(), 2),
            "acknowledged writes": len(acknowledged),
            "lost": sorted(title for title in acknowledged if not there[title]),
            "doubled": sorted(title for title, times in there.items() if times > 1),
            "marks": [(round(at - began, 1), what) for at, what in self.marks],
            "failed at": [(round(line["at"] - began, 1), line["seconds"], line["answer"]) for line in failed],
        }


@contextmanager
def load(stack: Stack, name: str) -> Iterator[Ledger]:
    """Clients read and write while the block runs, each from an address of its own."""
    with _clients(stack, name, "load", range(100, 100 + CLIENTS)) as ledger:
        yield ledger


@contextmanager
def load_of_files(stack: NotesStack, name: str) -> Iterator[Ledger]:
    """The same with files, which are all of one account."""
    with _clients(stack, f"{name}-files", "load_files", range(120, 120 + CLIENTS_OF_FILES)) as ledger:
        yield ledger


@contextmanager
def _clients(stack: Stack, name: str, script: str, numbers: range) -> Iterator[Ledger]:
    host, sources = stack.network["world"], [f"198.51.100.{number}" for number in numbers]
    ledger = Ledger(stack.network.home / f"ledger-{name}")
    for source in sources:
        host.run("ip", "address", "replace", f"{source}/32", "dev", "eth0")
    notes, authority = not isinstance(stack, EightDigitStack), stack.network.home / "ca.pem"
    settings = {"feature": "notes" if notes else "entries", "site": stack.site, "name": name, "sources": sources}
    settings |= {"authority": str(authority) if notes else "", "ledger": str(ledger.file)}
    settings |= {"email": EMAIL, "password": PASSWORD}
    command = (sys.executable, "-m", f"{in_host.__name__}.{script}", json.dumps(settings))
    process = host.start(*command, log=f"load-{name}", environ=os.environ)

    def has_begun() -> bool:
        if process.poll() is not None:
            raise RuntimeError(host.log(f"load-{name}"))
        return ledger.file.exists() and len(ledger.lines()) > 2 * len(sources)

    wait_until(has_begun, "the first answers", 60)
    try:
        yield ledger
    finally:
        stop(process)

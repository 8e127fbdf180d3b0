"""What does a failover of the database cost those who write? Prints a row for each server and way to fail.

    make bench BENCH=failover

Exits with 1 when an acknowledged write was lost or is there twice, the app was restarted, or it took longer than three
seconds from the moment at which the new writer was ready until a write was acknowledged.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from itertools import product
from pathlib import Path

from devtools.databases import ENGINES
from devtools.failover import WAYS, Outcome, rehearse

LONGEST_GAP = 3.0  # seconds
COLUMNS = ("server", "way", "acknowledged", "failed", "longest gap, s", "once ready, s", "lost", "doubled", "restarted")


def row(server: str, way: str, outcome: Outcome) -> tuple[str, ...]:
    failed = sum(times for answer, times in outcome.answers.items() if answer != 201)
    gaps = (f"{outcome.gap:.2f}", f"{outcome.gap_when_ready:.2f}")
    restarted = "yes" if outcome.restarted else "no"
    return (
        server,
        way,
        str(outcome.acknowledged),
        str(failed),
        *gaps,
        str(outcome.lost),
        str(outcome.doubled),
        restarted,
    )


def kept(outcome: Outcome) -> bool:
    return not (outcome.lost or outcome.doubled or outcome.restarted) and outcome.gap_when_ready <= LONGEST_GAP


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--outage", type=float, default=5, help="seconds from the failure to the promotion")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    versions = {name: f"{name} {engine.version()}" for name, engine in ENGINES.items()}
    print("| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS))
    outcomes = []
    for engine, way, _ in product(ENGINES, WAYS, range(options.rounds)):
        with tempfile.TemporaryDirectory(prefix="failover-") as folder:
            outcomes.append(rehearse(engine, Path(folder), WAYS[way], options.outage, after=500))
        versions = {name: f"{name} {engine.version()}" for name, engine in ENGINES.items()}
    print("| " + " | ".join(row(versions[engine], way, outcomes[-1])) + " |", flush=True)
    return 0 if all(map(kept, outcomes)) else 1


if __name__ == "__main__":
    sys.exit(main())

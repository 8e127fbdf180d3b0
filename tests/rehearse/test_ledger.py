"""The ledger's judgement, on lines written by hand: it has to see what it is there to see."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rehearsal.scenarios.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    def line(client: int, at: float, what: str | None, well: bool = True) -> dict[str, Any]:
        kind = "write" if what else "read"
        return {"client": client, "at": at, "seconds": 0, "kind": kind, "answer": "?", "well": well, "what": what}

    lines = [
        line(1, 0, "a"),
        line(1, 1, "b"),
        line(1, 2, None, False),
        line(1, 6, "c"),
        line(2, 3, None),
        line(2, 4, None),
    ]
    (tmp_path / "ledger").write_text("".join(json.dumps(entry) + "\n" for entry in lines))
    return Ledger(tmp_path / "ledger")


def test_an_acknowledged_write_that_is_not_there_is_lost(ledger: Ledger) -> None:
    assert ledger.compare(["a", "c"])["lost"] == ["b"]


def test_a_write_that_is_there_twice_is_doubled(ledger: Ledger) -> None:
    assert ledger.compare(["a", "b", "c", "c"])["doubled"] == ["c"]


def test_the_longest_gap_is_that_of_one_client(ledger: Ledger) -> None:
    assert ledger.compare(["a", "b", "c"])["longest gap"] == 5


def test_what_was_not_answered_as_it_should_counts_as_failed(ledger: Ledger) -> None:
    assert ledger.compare(["a", "b", "c"])["failures"] == {"read ?": 1}


def test_whoever_gets_no_answer_until_the_end_counts_too(ledger: Ledger) -> None:
    later = {"client": 1, "at": 7, "seconds": 15, "kind": "read", "answer": "timeout", "well": False, "what": None}
    with ledger.file.open("a") as file:
        file.write(json.dumps(later) + "\n")
    assert ledger.longest_gap() == 16
    assert not ledger.all_well_since(5.5)


def test_response_times_are_those_of_what_was_answered_as_it_should(tmp_path: Path) -> None:
    taken = [0.01, 0.02, 0.03, 0.5]
    lines = [{"client": 1, "at": at, "seconds": seconds, "well": seconds < 0.1} for at, seconds in enumerate(taken)]
    (tmp_path / "ledger").write_text("".join(json.dumps(line) + "\n" for line in lines))
    ledger = Ledger(tmp_path / "ledger")
    assert ledger.milliseconds() == {"mean": 20.0, "median": 20.0, "p95": 29.0, "p99": 29.8}
    assert ledger.rate() == 1.1

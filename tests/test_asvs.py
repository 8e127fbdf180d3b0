"""The ledger of ASVS 5.0.0 names files and tests that exist, has each requirement once, and holds what it promises."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
LEDGER = ROOT / "docs/security/asvs.md"
THREATS = ROOT / "docs/security/threats.md"

# As many requirements has the standard: https://github.com/OWASP/ASVS/tree/master/5.0
REQUIREMENTS = {"1": 70, "2": 183}


class Row(NamedTuple):
    number: str
    level: str
    what: str
    met: str
    how: str
    where: str
    test: str


def rows() -> list[Row]:
    lines = re.findall(r"^\| (\d+\.\d+\.\d+ \|.*) \|$", LEDGER.read_text(), re.MULTILINE)
    return [Row(*(cell.strip().strip("`") for cell in line.split(" | "))) for line in lines]


def faults(row: Row) -> Iterator[str]:
    """Yield what is missing in a row."""
    if row.met not in {"yes", "partly", "no", "-"} or not row.what or not row.how:
        yield f"{row.number} says too little"
    if row.met != "-":
        yield from (
            f"{row.number} names no {kind} that exists: {name!r}"
            for kind, name in (("file", row.where), ("test", row.test))
            if not name
            or not (ROOT / name).exists()
            or (kind == "test" and "def test_" not in (ROOT / name).read_text())
        )


def test_each_row_names_a_file_and_a_test_that_exist() -> None:
    assert [fault for row in rows() for fault in faults(row)] == []


def test_a_row_without_a_test_is_found() -> None:
    whole = Row("1.1.1", "2", "what", "yes", "how", "config.py", "tests/test_asvs.py")
    assert list(faults(whole)) == []
    for lame in (
        whole._replace(test=""),
        whole._replace(test="tests/test_none.py"),
        whole._replace(test="config.py"),
        whole._replace(where="app/none.py"),
        whole._replace(met="perhaps"),
        whole._replace(met="-", how=""),
    ):
        assert list(faults(lame)), lame


def test_each_requirement_of_both_levels_has_one_row() -> None:
    numbers = Counter(row.number for row in rows())
    assert [number for number, times in numbers.items() if times > 1] == []
    assert Counter(row.level for row in rows()) == REQUIREMENTS


def test_level_1_is_met_and_level_2_to_nine_tenths() -> None:
    assert [row.number for row in rows() if row.level == "1" and row.met not in {"yes", "-"}] == []
    applies = [row.met for row in rows() if row.level == "2" and row.met != "-"]
    assert applies.count("yes") >= 0.9 * len(applies)


def test_the_page_of_threats_names_tests_that_exist() -> None:
    named = set(re.findall(r"`((?:tests|benchmarks)/\S+?\.py)`", THREATS.read_text()))
    assert len(named) > 20
    assert [name for name in named if not (ROOT / name).exists()] == []

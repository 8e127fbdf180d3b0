"""docs/troubleshooting.md as a run-book: every alarm and cause has its row, each incident a test that causes it."""

import ast
import re
from pathlib import Path

import pytest

from app.errors import Cause
from operations.reference import read_alarms

TESTS = Path(__file__).resolve().parent
PAGE = (TESTS.parent / "docs/troubleshooting.md").read_text()
TEST = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
FLASK = re.compile(r"`flask ([a-z]+) ([a-z-]+)")


def read_rows(heading: str, text: str = PAGE) -> list[list[str]]:
    """Return the cells of the first table of a section."""
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    table = re.findall(r"^\|.*\|$", section, re.MULTILINE)[2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in table]


def missing_tests(text: str) -> list[str]:
    """Return the tests that a text names and that do not exist."""
    return [f"{path}::{name}" for path, name in TEST.findall(text) if name not in functions(TESTS / path)]


def functions(path: Path) -> set[str]:
    if not path.is_file():
        return set()
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}


def strings(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text()))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


ALARMS = read_rows("Alarms")
INCIDENTS = read_rows("Incidents")


def test_every_alarm_of_terraform_has_a_row_and_no_row_is_of_another() -> None:
    assert [row[0] for row in ALARMS] == [f"`{name}`" for name in read_alarms()]


def test_every_alarm_says_what_to_do_and_which_test_causes_it_or_why_none_does() -> None:
    for name, drill, what_to_do in ALARMS:
        assert TEST.fullmatch(drill) or re.fullmatch(r"none: .+", drill), name
        assert what_to_do, name


def test_every_cause_has_a_row_and_no_row_is_of_another() -> None:
    assert sorted(row[0] for row in read_rows("What a failed request says")) == sorted(f"`{one}`" for one in Cause)


@pytest.mark.parametrize("row", INCIDENTS, ids=lambda row: row[0][:40])
def test_an_incident_has_all_its_cells_and_a_test(row: list[str]) -> None:
    symptom, _, _, _, tests = row
    assert all(row), symptom
    assert TEST.search(tests), symptom


def test_every_test_that_is_named_exists() -> None:
    assert missing_tests(PAGE) == []


def test_every_command_of_a_remedy_is_run_by_a_test_of_its_incident_or_of_another() -> None:
    run = set().union(*(strings(TESTS / path) for row in INCIDENTS for path, _ in TEST.findall(row[-1])))
    commands = {command for row in INCIDENTS for command in FLASK.findall(row[3])}
    assert len(commands) > 5
    assert {command for command in commands if command[1] not in run} == set()


@pytest.mark.parametrize(
    ("named", "missing"),
    [("`ops/test_causes.py::test_nothing`", 1), ("`nowhere.py::test_x`", 1), ("`test_runbook.py::test_every`", 1)],
)
def test_a_test_that_does_not_exist_is_found(named: str, missing: int) -> None:
    assert len(missing_tests(named)) == missing

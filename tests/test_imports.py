"""Who imports whom between the folders: nothing that is shipped or run by an operator needs a test."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def imported_modules(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or ""


def imports_of_tests(source: str) -> list[str]:
    """The imports of what lies in tests/, which pytest makes importable with and without that name before it."""
    names = {"tests", *(path.stem for path in (ROOT / "tests").iterdir())}
    return [module for module in imported_modules(source) if module.partition(".")[0] in names]


def test_nothing_outside_tests_imports_from_tests() -> None:
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, check=True, capture_output=True, text=True)
    files = [ROOT / name for name in listed.stdout.split() if not name.startswith("tests/")]
    assert len(files) > 100
    assert {file: found for file in files if (found := imports_of_tests(file.read_text()))} == {}


def test_no_command_puts_tests_on_the_path() -> None:
    assert [
        line for line in (ROOT / "Makefile").read_text().splitlines() if re.search(r"PYTHONPATH=\S*tests", line)
    ] == []


@pytest.mark.parametrize(
    "planted", ["from infra import plans", "import tests.conftest", "def f():\n    from e2e.conftest import signed_up"]
)
def test_a_planted_import_is_found(planted: str) -> None:
    assert imports_of_tests(planted)

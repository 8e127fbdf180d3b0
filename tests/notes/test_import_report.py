"""The report of an import: short, grouped by reason, what was refused last, and a failure if nothing arrived."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from transferring import OWNER, run, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "files", {})


def report(app: Flask, folder: Path) -> Result:
    """Import without asking for the full list."""
    return app.test_cli_runner().invoke(args=["notes", "import", str(folder), *OWNER])


def test_a_reason_stands_once_with_its_number_and_three_examples(app: Flask, owner: int, folder: Path) -> None:
    write(folder, {f"{number}.png": b"x" for number in range(5)} | {"a.md": b"text", "b.md": b"\0"})
    lines = report(app, folder).stderr.splitlines()
    assert lines[lines.index("skipped: 5 × neither Markdown nor text, and no text leads to it") + 1 :] == [
        "    0.png",
        "    1.png",
        "    2.png",
        "    and 2 more; --full lists them",
        "refused: 1 × It is binary: it holds NUL.",
        "    b.md",
    ]


def test_what_is_special_to_a_file_stands_beside_it(app: Flask, owner: int, folder: Path) -> None:
    write(folder, {"a.md": "---\nlayout: post\n---\ntext", "b.md": "---\ntype: x\n---\ntext"})
    assert report(app, folder).stderr.splitlines()[-3:] == [
        "remark: 2 × A part of its header stands at the end of the text.",
        "    a.md (layout)",
        "    b.md (type)",
    ]


def test_the_full_list_names_every_file(app: Flask, owner: int, folder: Path) -> None:
    write(folder, {f"{number}.png": "x" for number in range(5)} | {"a.md": "text"})
    assert run(app, "import", folder).stderr.count("skipped: ") == 5


@pytest.mark.parametrize("files", [{}, {"a.png": "x"}, {"a.md": b"\0"}])
def test_nothing_imported_is_no_success(app: Flask, owner: int, folder: Path, files: dict[str, str | bytes]) -> None:
    result = report(app, write(folder, files))
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("Error: Nothing was imported: ")


def test_what_is_here_already_is_a_success(app: Flask, owner: int, folder: Path) -> None:
    write(folder, {"a.md": "text"})
    assert [report(app, folder).exit_code for _ in range(2)] == [0, 0]

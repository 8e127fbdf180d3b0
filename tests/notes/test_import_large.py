"""Real files by the thousand: all are accounted for, and the export of them comes back in every column."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from transferring import copied, forget_everything, run, stored

SUMMARY = re.compile(r"([\d,]+) notes? imported, ([\d,]+) here already, ([\d,]+) files? skipped, ([\d,]+) refused")


def summary(output: str) -> tuple[int, ...]:
    match = SUMMARY.search(output)
    assert match, output
    return tuple(int(number.replace(",", "")) for number in match.groups())


@pytest.mark.slow
def test_real_files_arrive_and_come_back_from_an_export(
    app: Flask, owner: int, tmp_path: Path, database_url: str
) -> None:
    on_sqlite = database_url.startswith("sqlite")
    number = copied(tmp_path / "files", 2200 if on_sqlite else 400)
    assert number >= (2000 if on_sqlite else 400)
    result = run(app, "import", tmp_path / "files")
    added, known, skipped, refused = summary(result.output)
    assert added + skipped + refused >= number  # a text that is too long becomes several notes
    assert known == 0
    assert result.stderr.count("refused: ") == refused
    assert result.stderr.count("skipped: ") == skipped
    assert added > 0.9 * number
    assert summary(run(app, "import", tmp_path / "files").output) == (0, added, skipped, refused)
    before = stored()
    assert run(app, "export", tmp_path / "out.zip").exit_code == 0
    forget_everything()
    assert summary(run(app, "import", tmp_path / "out.zip").output) == (added, 0, 0, 0)
    assert stored() == before

"""Real files by the thousand: all are accounted for, and the export of them comes back in every column."""

from __future__ import annotations

import os
import re
import shutil
import sysconfig
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from flask import Flask
from transferring import forget_everything, run, stored

from app.notes.transfer.importing import SUFFIXES

# A slim image has no /usr/share/doc to speak of; the last two make up for it.
PLACES = ["/usr/share/common-licenses", "/usr/share/doc", *map(sysconfig.get_path, ("purelib", "stdlib")), "/usr/share"]
SUMMARY = re.compile(r"([\d,]+) notes? imported, ([\d,]+) here already, ([\d,]+) files? skipped, ([\d,]+) refused")


def found() -> Iterator[Path]:
    """Yield the documentation that Debian, Python and its packages bring."""
    for place in PLACES:
        for folder, folders, names in os.walk(place):
            folders.sort()
            yield from (Path(folder, name) for name in sorted(names) if Path(name).suffix.lower() in SUFFIXES)


def copied(to: Path, at_most: int) -> int:
    """Copy that many files, as many as there are, below folders of their own; return how many."""
    number = 0
    for number, path in enumerate(islice((path for path in found() if path.is_file()), at_most), 1):
        target = to / path.parent.name.lstrip(".") / f"{number} {path.name}"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    return number


def summary(output: str) -> tuple[int, ...]:
    match = SUMMARY.search(output)
    assert match, output
    return tuple(int(number.replace(",", "")) for number in match.groups())


def test_real_files_arrive_and_come_back_from_an_export(
    app: Flask, owner: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    mariadb = "mariadb" in request.node.name
    number = copied(tmp_path / "files", 400 if mariadb else 2200)
    assert number >= (400 if mariadb else 2000)
    result = run(app, "import", tmp_path / "files")
    added, known, skipped, refused = summary(result.output)
    assert (added + skipped + refused, known) == (number, 0)
    assert result.stderr.count("refused: ") == refused
    assert result.stderr.count("skipped: ") == skipped
    assert added > 0.9 * number
    assert summary(run(app, "import", tmp_path / "files").output) == (0, added, skipped, refused)
    before = stored()
    assert run(app, "export", tmp_path / "out.zip").exit_code == 0
    forget_everything()
    assert summary(run(app, "import", tmp_path / "out.zip").output) == (added, 0, 0, 0)
    assert stored() == before

"""The page of what was measured is made of the stored figures alone, and the same figures make the same page."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks import performance

TIMES = {"list": 800.0, "search": 1_800.0, "read": 900.0, "create": 2_000.0}
FIGURES = {
    "peers": {
        "versions": {"Notes": "this tree", "Flask-Admin": "2"},
        "microseconds": {"Notes": TIMES, "Flask-Admin": {action: 3 * time for action, time in TIMES.items()}},
        "promises": [{"name": "read, than the fastest of them", "times": 3.0, "least": 2.0}],
        "rounds": 5,
    },
    "notes": {"rounds": 5, "pages": {"SQLite": {"100": 800.0, "10,000": 810.0, "1,000,000": 820.0}}},
    "stack": {
        "rounds": 3,
        "loads": {"MySQL, 1 ms": {"list": {"rate": 500.0, "p50": 3.0, "p99": 9.0, "processor": 1.5}}},
    },
}


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(performance, "FIGURES", tmp_path / "figures")
    monkeypatch.setattr(performance, "PAGE", tmp_path / "performance.md")
    monkeypatch.setattr(performance, "PLOTS", tmp_path / "performance")
    return tmp_path


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_each_part_stands_on_the_page_once_it_was_measured(docs: Path) -> None:
    for number, (name, figures) in enumerate(FIGURES.items(), 1):
        performance.keep(name, figures)
        assert (docs / "performance.md").read_text().count("\n## ") == number
    text = (docs / "performance.md").read_text()
    assert "| read | 900 (1.0) | 2,700 (3.0) |" in text
    assert "| read, than the fastest of them | 3.0 | 2 | yes |" in text
    assert "| MySQL, 1 ms | list | 500 | 3.0 | 9.0 | 1.50 |" in text


@pytest.mark.slow
def test_the_same_figures_make_the_same_plots(docs: Path) -> None:
    for name, figures in FIGURES.items():
        performance.keep(name, figures)
    before = files(docs)
    performance.write_page()
    assert files(docs) == before
    for plot in ("peers.svg", "pages.svg"):
        assert ET.fromstring(before[plot]).tag.endswith("svg")

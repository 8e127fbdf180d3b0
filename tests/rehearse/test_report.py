"""The pages of the report, made of recorded results: promised figures beside the measured ones."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from rehearsal.report import pages
from rehearsal.report.metrics import metrics


def outcome(failed: int = 0, gap: float = 0.3, mean: float = 24.5) -> dict[str, Any]:
    """Return what a ledger says of a load; the times are milliseconds."""
    return {
        "expected": "no request fails",
        "requests": 1100,
        "a second": 36.2,
        "milliseconds": {"mean": mean, "median": 21.0, "p95": 48.1, "p99": 80.3},
        "failed": failed,
        "failures": {},
        "longest gap": gap,
        "acknowledged writes": 270,
        "lost": [],
        "doubled": [],
        "marks": [(0.0, "begin"), (2.1, "app-1 killed"), (30.0, "end")],
        "failed at": [],
    }


@pytest.fixture
def three_tier() -> dict[str, Any]:
    topology = {
        "network": "10.0.0.0/16",
        "subnets": [],
        "outside": {"world": "198.51.100.10"},
        "site": "notes.test",
        "container": {"image": "notes@sha256:0"},
        "targets": {"app-1": {"balancer-1": "UP"}},
        "health": {"app-1": {"/livez": "ok 200"}},
    }
    walkthrough = {
        "steps": ["An account was made."],
        "certificate": {"issuer": "an authority", "protocol": "TLS 1.3", "subjectName": "notes.test"}
        | {"validFrom": 1795769980, "validTo": 1953536379},
        "pictures": {"4-found": "iVBORw0KGgo="},
        "transcript": "",
        "sshd": "",
    }
    matrix = {"tried": 1080, "open": [["world", "nginx", "80", "443"]]}
    return {
        "seconds to be ready": 46.8,
        "topology": topology,
        "matrix": matrix,
        "walkthrough": walkthrough,
        "undisturbed": outcome(),
        "task-killed": outcome(),
        "database-failover": outcome(failed=14, gap=2.7),
        "s3-gone": outcome()
        | {"files": outcome(failed=12) | {"told": 12, "check": "40 files read, 0 of them missing."}},
    }


@pytest.fixture
def task_manager() -> dict[str, Any]:
    matrix = {"tried": 900, "open": [["world", "balancer", "443"]]}
    found = {"matrix": matrix, "undisturbed": outcome(mean=231.0), "zone-cut-off": outcome(failed=56, gap=3000.0)}
    return found | {
        "s3-slow": outcome() | {"files": outcome() | {"told": 0, "check": "30 files read, 0 of them missing."}}
    }


def test_what_was_promised_stands_beside_what_was_measured(
    three_tier: dict[str, Any], task_manager: dict[str, Any]
) -> None:
    rows = metrics({"three-tier": three_tier, "task-manager": task_manager})
    assert [(row.composition, row.promised, row.measured, row.kept) for row in rows] == [
        ("three-tier", "below 200 ms", "24.5 ms; median 21.0, 95 % 48.1, 99 % 80.3", True),
        ("three-tier", "99.9 %", "99.995 %", True),
        ("task-manager", "below 200 ms", "231.0 ms; median 21.0, 95 % 48.1, 99 % 80.3", False),
        ("task-manager", "99.9 %", "99.880 %", False),
    ]
    assert "6 clients, 36 requests a second" in rows[0].how


def test_what_was_not_measured_has_no_row(three_tier: dict[str, Any]) -> None:
    del three_tier["undisturbed"]
    assert [row.what for row in metrics({"three-tier": three_tier, "eight-digit": {}})] == ["availability"]


def test_both_pages_have_the_table_and_the_months(
    three_tier: dict[str, Any], task_manager: dict[str, Any], tmp_path: Path
) -> None:
    pages.write(three_tier, {"task-manager": task_manager}, tmp_path)
    markdown = (tmp_path / "index.md").read_text()
    page = BeautifulSoup((tmp_path / "index.html").read_text(), "html.parser").get_text()
    for text in (markdown, page):
        assert "24.5 ms; median 21.0" in text
        assert "99.880 %" in text
        assert len(re.findall(r"99\.9 % allows 2592 s", text)) == 2
        assert "undisturbed" not in text
        assert all(f"{number} files read, 0 of them missing." in text for number in (40, 30))
    assert (tmp_path / "4-found.png").exists()


def test_links_within_the_page_lead_to_its_headings(three_tier: dict[str, Any], tmp_path: Path) -> None:
    pages.write(three_tier, {}, tmp_path)
    markdown = (tmp_path / "index.md").read_text()
    headings = {
        re.sub(r"[^\w -]", "", line).lower().replace(" ", "-")
        for line in re.findall("^## (.*)", markdown, re.MULTILINE)
    }
    assert set(re.findall(r"\(#([^)]+)\)", markdown)) <= headings

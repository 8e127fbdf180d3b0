"""Faults of the applications that this one follows, each kept out for good.

Others stand where they belong: GET that changes (test_access), missing CSRF protection (test_access), no pages
(notes/test_cost), empty titles and missing fields (notes/test_hostile_input), settings with a secret (test_config).
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

ROOT = Path(__file__).resolve().parent.parent
SOURCES = (".py", ".tf", ".yaml", ".yml", ".conf", ".toml", ".sh", "Dockerfile", "Makefile")


def _sources() -> dict[str, str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    wanted = [name for name in listed if name.endswith(SOURCES) and not name.startswith("tests/")]
    return {name: (ROOT / name).read_text() for name in wanted if (ROOT / name).is_file()}


def _lines_with(pattern: str) -> list[str]:
    found = re.compile(pattern)
    return [
        f"{name}: {line.strip()}"
        for name, text in _sources().items()
        for line in text.split("\n")
        if found.search(line)
    ]


@pytest.mark.parametrize(
    ("pattern", "planted"),
    [
        (r"admin:admin|admin123", 'AUTH = "admin:admin123"'),
        (r"SECRET_KEY['\"]?\]?\s*=\s*['\"](?!\$)", 'app.config["SECRET_KEY"] = "abc"'),
        (r"AKIA[0-9A-Z]{16}", 'key = "AKIAIOSFODNN7EXAMPLE"'),
        (r"app\.run\(|debug\s*=\s*True|--debug(?![-\w])|FLASK_DEBUG", "app.run(debug=True)"),
        (r"(image|FROM).*:latest\b", "image: notes:latest"),
        (r"RUN.*flask db", "RUN flask db migrate"),
    ],
)
def test_the_tree_holds_none_of_it(pattern: str, planted: str) -> None:
    assert re.search(pattern, planted)
    assert not _lines_with(pattern)


DOWN = "mysql+pymysql://nobody:hunter2@127.0.0.1:1/notes"


@pytest.fixture
def without_database(make_app: Callable[..., Flask]) -> FlaskClient:
    return make_app(DATABASE_URL=DOWN).test_client()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_without_the_database_the_page_says_so_and_shows_no_invented_data(without_database: FlaskClient) -> None:
    with without_database.session_transaction() as session:
        session["token"] = "somebody"
    answer = without_database.get("/notes")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "try again" in answer.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_probes_tell_a_state_and_never_a_reason(without_database: FlaskClient) -> None:
    assert without_database.get("/livez").status_code == 200
    health = without_database.get("/health")
    assert health.status_code == 503
    assert not re.search(r"mysql|hunter2|127\.0\.0\.1|Error|Traceback", health.text)

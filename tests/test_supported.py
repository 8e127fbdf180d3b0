"""docs/supported.md says what the sources ask for and what the tests start."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from pythons.first_hour import SUITES

from devtools import engines
from devtools.databases import ENGINES

ROOT = Path(__file__).parents[1]
ROWS = dict(
    re.findall(r"^\| ([^|]+?) \| ([^|]+? \| [^|]+?) \|$", (ROOT / "docs/supported.md").read_text(), re.MULTILINE)
)


def test_python_is_what_the_sources_and_the_image_ask_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (base,) = re.findall(r"^ARG BASE=\S+python:([\d.]+)-slim$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    oldest, newest = re.findall(r"3\.\d+", ROWS["Python"])[:2]
    assert (f">={oldest}", newest) == (project["requires-python"], base)
    assert set(SUITES.values()) == set(re.findall(r"3\.\d+", ROWS["Python"].partition("`make test`")[2]))


def test_every_database_and_browser_that_tests_start_is_in_the_table() -> None:
    names = {name.lower() for name in ROWS}
    assert set(ENGINES) == {"mariadb", "mysql"}
    assert set(ENGINES) <= names
    assert set(engines.NAMES) == {"firefox", "webkit", "chromium"}
    assert "firefox" in names
    assert "WebKitGTK" in ROWS["Safari"]
    assert "Chromium" in ROWS["Chromium, Chrome, Edge"]


def test_mysql_of_terraform_is_named_as_untried_as_long_as_no_test_starts_it() -> None:
    variables = (ROOT / "terraform/modules/mysql/variables.tf").read_text()
    (default,) = re.findall(r'variable "engine_version" \{.*?default\s+= "([\d.]+)"', variables, re.DOTALL)
    assert f"**{default}, which Terraform asks RDS for, was not tried**" in ROWS["MySQL"]


def test_terraform_is_the_version_that_the_roots_require() -> None:
    (wanted,) = set(
        re.findall(r'required_version = ">= ([\d.]+)"', (ROOT / "terraform/three-tier/main.tf").read_text())
    )
    assert ROWS["Terraform"].startswith(wanted.removesuffix(".0"))

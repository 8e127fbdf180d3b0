"""Spectral, a linter of OpenAPI, finds nothing to say about the description, warnings included.

It is installed into build/spectral on first use, as tests/api/spectral pins it; npm must be there.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from devtools.processes import ROOT
from devtools.programs import MissingProgram, find_program

pytestmark = pytest.mark.server  # not for a quick look: it has to be installed

COPY = ROOT / "docs" / "openapi.json"
PINNED = Path(__file__).parent / "spectral"
INSTALLED = ROOT / "build" / "spectral"


@pytest.fixture(scope="module")
def spectral() -> Path:
    """Spectral's program. Raises MissingProgram where it cannot be installed."""
    npm = find_program("npm")
    program = INSTALLED / "node_modules" / ".bin" / "spectral"
    lock = (PINNED / "package-lock.json").read_bytes()
    stamp = INSTALLED / "installed.json"
    if not stamp.exists() or stamp.read_bytes() != lock:
        shutil.copytree(PINNED, INSTALLED, dirs_exist_ok=True)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        made = subprocess.run(command, cwd=INSTALLED, capture_output=True, check=False, text=True)
        if made.returncode:
            raise MissingProgram(f"npm cannot install Spectral: {made.stderr[-500:]}")
        stamp.write_bytes(lock)
    return program


def lint(spectral: Path, document: Path) -> list[str]:
    """Return the rules that the document breaks."""
    command = [str(spectral), "lint", "--ruleset", str(PINNED / "ruleset.yaml"), "--format", "json", str(document)]
    ran = subprocess.run([*command, "--fail-severity", "hint"], capture_output=True, check=False, text=True)
    found: list[dict[str, Any]] = json.JSONDecoder().raw_decode(ran.stdout)[0]
    assert ran.returncode == (1 if found else 0), ran.stderr
    return [f"{one['code']} at {'.'.join(map(str, one['path']))}" for one in found]


def test_the_description_breaks_no_rule(spectral: Path) -> None:
    assert lint(spectral, COPY) == []


def test_what_is_not_described_is_found(spectral: Path, tmp_path: Path) -> None:
    document = json.loads(COPY.read_text())
    operation = document["paths"]["/api/v1/notes"]["get"]
    del operation["description"]
    operation["parameters"][0]["example"] = "not a number"
    (tmp_path / "openapi.json").write_text(json.dumps(document))
    assert {one.split()[0] for one in lint(spectral, tmp_path / "openapi.json")} == {
        "operation-description",
        "oas3-valid-media-example",
    }

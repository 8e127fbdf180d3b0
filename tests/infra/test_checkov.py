"""What checkov, which reads the HCL for insecure settings, finds: nothing that is not excused with its reason."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from devtools.composition import REPOSITORY
from devtools.programs import MissingProgram

TERRAFORM = REPOSITORY / "terraform"
EXCUSES = TERRAFORM / ".checkov.yaml"


def checkov() -> str:
    """Its dependencies clash with the project's: `make test-infra` gives it a virtual environment of its own."""
    own = REPOSITORY / "build" / "checkov" / "bin" / "checkov"
    found = str(own) if own.exists() else shutil.which("checkov")
    if found is None:
        raise MissingProgram("checkov is not installed: make build/checkov/.done")
    return found


def failed_checks(directory: Path) -> set[str]:
    command = ["nice", "-n", "10", checkov(), "-d", str(directory), "--framework", "terraform", "-o", "json"]
    command += ["--skip-download", "--quiet", "--compact"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ, cwd=directory)
    found = json.loads(done.stdout)
    assert found["summary"]["parsing_errors"] == 0
    assert found["summary"]["passed"] > 0
    return {check["check_id"] for check in found["results"]["failed_checks"]}


def copied(tmp_path: Path, *names: str) -> Path:
    """The HCL without its list of excuses, which checkov would find by itself."""
    for name in names:
        shutil.copytree(TERRAFORM / name, tmp_path / name, ignore=shutil.ignore_patterns("tests", ".terraform*"))
    return tmp_path


@pytest.fixture(autouse=True)
def checkov_is_usable() -> None:
    checkov()


def test_every_failed_check_is_excused_and_every_excuse_is_needed(tmp_path: Path) -> None:
    excused = re.findall(r"^  - (CKV\w+)$", EXCUSES.read_text(), re.MULTILINE)
    assert failed_checks(copied(tmp_path, "modules", "three-tier", "task-manager", "eight-digit", "bootstrap")) == set(
        excused
    )


@pytest.mark.parametrize(
    ("check", "module", "file", "right", "wrong"),
    [
        ("CKV_AWS_16", "mysql", "main.tf", "storage_encrypted     = true", "storage_encrypted     = false"),
        ("CKV_AWS_17", "mysql", "main.tf", "publicly_accessible    = false", "publicly_accessible    = true"),
        ("CKV_AWS_79", "host", "main.tf", 'http_tokens                 = "required"', 'http_tokens = "optional"'),
    ],
)
def test_a_planted_fault_is_caught(  # noqa: PLR0917 - the columns of the table
    check: str, module: str, file: str, right: str, wrong: str, tmp_path: Path
) -> None:
    directory = copied(tmp_path, f"modules/{module}")
    assert check not in failed_checks(directory)
    path = directory / "modules" / module / file
    assert right in path.read_text()
    path.write_text(path.read_text().replace(right, wrong))
    assert check in failed_checks(directory)

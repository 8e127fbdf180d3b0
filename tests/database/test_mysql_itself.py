"""Where MySQL cannot be had, its tests say so in one sentence, and nothing half-made stays to be taken for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from devtools import mysql
from devtools.programs import MissingProgram


@pytest.fixture(autouse=True)
def no_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let there be no MySQL yet, and an archive that does not answer."""
    monkeypatch.setattr(mysql, "BUILD", tmp_path)
    monkeypatch.setattr(mysql, "_archive", lambda: "http://127.0.0.1:9/debian")
    monkeypatch.setattr(mysql, "RETRIES", 0)
    monkeypatch.setattr(mysql, "_lack", mysql._lack.__wrapped__)
    return tmp_path


def test_an_archive_that_does_not_answer_is_said_in_one_sentence(no_archive: Path) -> None:
    with pytest.raises(MissingProgram) as lack:
        mysql.install(no_archive / "server")
    assert str(lack.value).startswith("MySQL itself, which is unpacked from Debian's sid: ")
    assert "\n" not in str(lack.value)
    assert not (no_archive / "mysql").exists()


@pytest.mark.slow
def test_the_tests_that_need_it_are_skipped_or_red(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from missing_programs import *")
    (tmp_path / "test_it.py").write_text(
        "from devtools.programs import MissingProgram\ndef test_it(): raise MissingProgram('no MySQL here')"
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "-rs", f"--rootdir={tmp_path}", str(tmp_path)]
    root = str(Path(__file__).parents[2])
    for no_skips, ended, word in (("0", 0, "SKIPPED"), ("1", 1, "Failed")):
        environ = {"NO_SKIPS": no_skips, "PYTHONPATH": f"{root}:{root}/tests", "PATH": "/usr/bin:/bin"}
        ran = subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (ran.returncode, word in ran.stdout, "NOT TESTED: no MySQL here" in ran.stdout) == (ended, True, True)

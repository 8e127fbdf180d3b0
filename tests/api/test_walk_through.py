"""The commands of docs/api.md, run in their order against a real gunicorn, answer what the page says they do."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from devtools import app_server
from devtools.people import Cast, create_token

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
STEP = re.compile(r"```sh\n(.*?)```(?:\n```json\n(.*?)```)?", re.DOTALL)


def holds(shown: Any, expected: Any) -> bool:
    """Tell whether everything expected is shown, whatever else is."""
    if isinstance(expected, dict):
        return isinstance(shown, dict) and all(
            name in shown and holds(shown[name], expected[name]) for name in expected
        )
    if isinstance(expected, list):
        return len(shown) == len(expected) and all(map(holds, shown, expected))
    return bool(shown == expected)


@pytest.mark.server
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_walk_through_answers_what_it_says(tmp_path: Path, database_url: str, app: Flask, cast: Cast) -> None:
    assert shutil.which("jq")
    steps = [(command, expected) for command, expected in STEP.findall(PAGE.read_text()) if expected]
    assert len(steps) == PAGE.read_text().count("```json") > 10
    with app_server.gunicorn(tmp_path, database_url) as served:
        environ = {**os.environ, "API": f"{served.address}/api/v1", "TOKEN": create_token(app, cast["alice"].id)}
        for command, expected in steps:
            # The note's number, once a step has set it, is there in the following ones.
            script = f"source {tmp_path}/kept 2>&- || true\n{command}\ndeclare -p ID 2>&- >{tmp_path}/kept || true"
            shell = subprocess.run(["bash", "-ec", script], env=environ, capture_output=True, text=True, check=False)
            assert shell.returncode == 0, (command, shell.stderr)
            assert holds(json.loads(shell.stdout), json.loads(expected)), (command, shell.stdout)


def test_an_answer_that_is_another_is_found() -> None:
    assert holds({"a": [{"b": 1, "c": 2}]}, {"a": [{"b": 1}]})
    assert not holds({"a": [{"b": 2}]}, {"a": [{"b": 1}]})
    assert not holds({"a": []}, {"a": [{"b": 1}]})

"""The commands of docs/api.md, run in their order by a shell, and what the page says that they answer."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
STEP = re.compile(r"```sh\n(.*?)```(?:\n```json\n(.*?)```)?", re.DOTALL)


def run(folder: Path, api: str, token: str, **environ: str) -> int:
    """Run all commands against the API at an address; return how many. Raises AssertionError for another answer."""
    assert shutil.which("jq")
    steps = [(command, expected) for command, expected in STEP.findall(PAGE.read_text()) if expected]
    assert len(steps) == PAGE.read_text().count("```json")
    environment = {**os.environ, "API": api, "TOKEN": token, **environ}
    for command, expected in steps:
        # The note's number, once a step has set it, is there in the following ones.
        script = f"source {folder}/kept 2>&- || true\n{command}\ndeclare -p ID 2>&- >{folder}/kept || true"
        shell = subprocess.run(["bash", "-ec", script], env=environment, capture_output=True, text=True, check=False)
        assert shell.returncode == 0, (command, shell.stderr)
        assert holds(json.loads(shell.stdout), json.loads(expected)), (command, shell.stdout)
    return len(steps)


def holds(answer: Any, expected: Any) -> bool:
    """Tell whether everything expected is in the answer, whatever else is."""
    if isinstance(expected, dict):
        return isinstance(answer, dict) and all(
            name in answer and holds(answer[name], expected[name]) for name in expected
        )
    if isinstance(expected, list):
        return len(answer) == len(expected) and all(map(holds, answer, expected))
    return bool(answer == expected)

"""The app's lines in the log, and which of them an alarm on AWS counts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from app.ops.logs import JsonFormatter

ALARMS = Path(__file__).parents[1] / "terraform/modules/monitoring/alarms.tf"


def written_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    formatter = JsonFormatter()
    return [formatter.format(record) for record in caplog.records if record.name == "app"]


def read_lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written_lines(caplog)]


def find_pattern(metric: str) -> re.Pattern[str]:
    """Return what CloudWatch looks for in the log; what its expressions know means the same in Python's."""
    found = re.search(rf'^    {metric}\s+= (".*")$', ALARMS.read_text(), re.MULTILINE)
    assert found
    pattern = json.loads(found[1])
    assert re.fullmatch(r"%[A-Za-z0-9:_#=@/;,\\^$?\[\]{}|*+.\-]+%", pattern), "CloudWatch refuses other characters"
    return re.compile(pattern.strip("%"))

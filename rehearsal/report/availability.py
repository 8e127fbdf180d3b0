"""A bad month, added up: each fault, for as long as was measured here and as AWS takes to detect it and to start."""

from __future__ import annotations

from typing import Any, NamedTuple

MONTH = 30 * 24 * 3600
CLAIM = 0.999


class Assumption(NamedTuple):
    times: int  # a month
    seconds: int  # on top of what was measured
    why: str


ASSUMPTIONS = {
    "task-killed": Assumption(4, 0, "the other task serves"),
    "rolling-deployment": Assumption(20, 0, "one each working day"),
    "zone-cut-off": Assumption(1, 0, "health checks and DNS are part of what was measured"),
    "nginx-zone-cut-off": Assumption(
        1,
        300,
        "EC2 as below; RDS promotes and DNS caches expire meanwhile; health checks are in the measured gap",
    ),
    "nat-gone": Assumption(1, 0, "no request needs it"),
    "database-failover": Assumption(1, 120, "RDS detects the failure and promotes: AWS says 60 to 120 seconds"),
    "nginx-replaced": Assumption(1, 300, "EC2 detects it, starts Ubuntu and installs nginx"),
}


def month(results: dict[str, Any]) -> list[dict[str, Any]]:
    """Seconds without service by fault. A fault in which no request failed costs nothing."""
    rows = []
    for name, assumed in ASSUMPTIONS.items():
        if name in results:
            measured = results[name]["longest gap"] if results[name]["failed"] else 0
            each = measured + assumed.seconds
            rows.append({"fault": name, "each": each, "down": assumed.times * each} | assumed._asdict())
    return rows


def available(rows: list[dict[str, Any]]) -> float:
    return float(1 - sum(row["down"] for row in rows) / MONTH)

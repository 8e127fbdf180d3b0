"""A bad month, added up: each fault, for as long as was measured here and as AWS takes to detect it and to start."""

from __future__ import annotations

from typing import Any, NamedTuple

MONTH = 30 * 24 * 3600
CLAIM = 0.999
PROMOTION = "RDS detects the failure and promotes: AWS says 60 to 120 seconds"


class Assumption(NamedTuple):
    times: int  # a month
    seconds: int  # on top of what was measured
    why: str


THREE_TIER = {
    "task-killed": Assumption(4, 0, "the other task serves"),
    "rolling-deployment": Assumption(20, 0, "one each working day"),
    "zone-cut-off": Assumption(1, 0, "health checks and DNS are part of what was measured"),
    "nginx-zone-cut-off": Assumption(
        1,
        300,
        "EC2 as below; RDS promotes and DNS caches expire meanwhile; health checks are in the measured gap",
    ),
    "nat-gone": Assumption(1, 0, "no request needs it"),
    "database-failover": Assumption(1, 120, PROMOTION),
    "nginx-replaced": Assumption(1, 300, "EC2 detects it, starts Ubuntu and installs nginx"),
}
TASK_MANAGER = {
    "instance-killed": Assumption(2, 0, "health checks are part of what was measured; the group replaces it later"),
    "instance-refresh": Assumption(20, 0, "one each working day"),
    "zone-cut-off": Assumption(1, 120, PROMOTION),
    "database-failover": Assumption(1, 120, PROMOTION),
}
ASSUMPTIONS = {"three-tier": THREE_TIER, "task-manager": TASK_MANAGER}


def month(composition: str, results: dict[str, Any]) -> list[dict[str, Any]]:
    """Seconds without service by fault; none for a composition without assumptions.

    A fault in which no request failed costs nothing.
    """
    rows = []
    for name, assumed in ASSUMPTIONS.get(composition, {}).items():
        if name in results:
            measured = results[name]["longest gap"] if results[name]["failed"] else 0
            each = measured + assumed.seconds
            rows.append({"fault": name, "each": each, "down": assumed.times * each} | assumed._asdict())
    return rows


def available(rows: list[dict[str, Any]]) -> float:
    return float(1 - sum(row["down"] for row in rows) / MONTH)

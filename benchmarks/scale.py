"""What each size of three-tier carries, and what breaks first with more people: arithmetic on measured costs.

    make bench BENCH=scale

The costs are those of RESULTS.md (MariaDB, one sync worker, 1,000,000 notes); how people behave is assumed, and named.
`tests/test_scale.py` holds docs/scale.md against what is printed here.
"""

from __future__ import annotations

from dataclasses import dataclass

# Milliseconds of processor time of a worker and its database together: 1000 / requests a second.
COST_MS = {"list": 1000 / 501, "read": 1000 / 417, "search": 1000 / 389, "write": 1000 / 161}
DATABASE_SHARE = 1 / 3  # of that time; the rest is Python's

# Assumed of one person and day. A tenth of a day's requests falls into its busiest hour.
A_DAY = {"list": 20, "read": 12, "search": 3, "write": 8}
BUSIEST_HOUR = 0.1
NOTES, KB_A_NOTE = 300, 12  # with its revisions, its words in the index and the indexes of the table
HOT = 0.05  # of what lies on the disk is asked for again within the hour, and must fit into memory
BUSY = 0.6  # of a processor, so that a failure of one zone does not queue everybody


@dataclass(frozen=True)
class Size:
    """Processors of app and database that may be busy all day: burstable ones have their baseline."""

    name: str
    app: float
    database: float
    memory_gb: float
    disk_gb: float


SIZES = (
    Size("try: 2 × 0.25 vCPU, db.t4g.micro", 0.5, 0.2, 1, 100),
    Size("small: 6 × 0.25 vCPU, db.t4g.small", 1.5, 0.4, 2, 100),
    Size("multi-az: 9 × 0.5 vCPU, db.t4g.medium", 4.5, 0.4, 4, 100),
    Size("30 × 1 vCPU, db.r7g.2xlarge", 30, 8, 64, 6_000),
    Size("300 × 1 vCPU, db.r7g.16xlarge, the largest usual one", 300, 64, 512, 64_000),
)
PEOPLE = (1_000, 100_000, 10_000_000)


def requests_a_second(people: float) -> float:
    return people * sum(A_DAY.values()) * BUSIEST_HOUR / 3600


def processors(people: float) -> tuple[float, float]:
    """Busy in the busiest hour: of the app, of the database."""
    milliseconds = sum(A_DAY[kind] * COST_MS[kind] for kind in A_DAY) * people * BUSIEST_HOUR / 3600
    return milliseconds / 1000 * (1 - DATABASE_SHARE), milliseconds / 1000 * DATABASE_SHARE


def disk_gb(people: float) -> float:
    return people * NOTES * KB_A_NOTE / 1e6


def carried(size: Size) -> tuple[int, str]:
    """How many people, and what they run out of first."""
    app, database = processors(1)
    limits = {
        "the app's processors": size.app * BUSY / app,
        "the database's processors": size.database * BUSY / database,
        "the database's memory": size.memory_gb * BUSY / (disk_gb(1) * HOT),
        "the disk": size.disk_gb / disk_gb(1),
    }
    first = min(limits, key=lambda name: limits[name])
    return int(limits[first]), first


def rounded(number: float) -> str:
    """Two figures: more would be made up."""
    return f"{float(f'{number:.2g}'):,.0f}" if number >= 10 else f"{number:.2g}"


def tables() -> str:
    sizes = [(size.name, *carried(size)) for size in SIZES]
    demands = [(people, requests_a_second(people), *processors(people), disk_gb(people)) for people in PEOPLE]
    return "\n".join(
        [
            "| Size | people | limited by |",
            "|---|---:|---|",
            *(f"| {name} | {rounded(people)} | {first} |" for name, people, first in sizes),
            "",
            "| People | requests a second | processors, app | processors, database | disk, GB |",
            "|---:|---:|---:|---:|---:|",
            *(f"| {n:,} | {' | '.join(rounded(of) for of in demand)} |" for n, *demand in demands),
        ]
    )


if __name__ == "__main__":
    print(tables())

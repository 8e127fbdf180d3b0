"""`make audit`: which pinned library has a known weakness, and whether the time to replace it is over.

pip-audit asks OSV (https://osv.dev). A weakness is to be entered in requirements/weaknesses.toml on the day that it is
heard of, with the days that docs/security/threats.md gives it. Ends with 1 for one that is not there or whose time is
over, and with 2 where nobody could be asked.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from devtools.programs import MissingProgram

ROOT = Path(__file__).resolve().parents[1]
PIP_AUDIT = ROOT / "build/audit/bin/pip-audit"
PINS = ROOT / "requirements/runtime.txt"
ENTERED = ROOT / "requirements/weaknesses.toml"
DAYS = {7, 30, 90}  # docs/security/threats.md, "Libraries"


class Weakness(NamedTuple):
    """A known weakness of a pinned library: all names that it has, and the versions in which it is repaired."""

    library: str
    version: str
    names: frozenset[str]
    repaired_in: tuple[str, ...]

    def __str__(self) -> str:
        repaired = f"repaired in {', '.join(self.repaired_in)}" if self.repaired_in else "not repaired yet"
        return f"{self.library} {self.version}: {', '.join(sorted(self.names))}, {repaired}"


class Entry(NamedTuple):
    """What was decided about a weakness: when it was heard of, how many days there are, and why so many."""

    known: date
    days: int
    reason: str

    @property
    def last_day(self) -> date:
        return self.known + timedelta(days=self.days)


class NotAsked(Exception):
    """Nobody could be asked, so nothing is known about the libraries."""


def find_weaknesses(pins: Path, *options: str) -> list[Weakness]:
    """Return what OSV knows of the pinned versions. Raises NotAsked, also when one library could not be asked about."""
    if not PIP_AUDIT.exists():
        raise MissingProgram("pip-audit is not installed: make build/audit/.done")
    command = [str(PIP_AUDIT), "--strict", "--disable-pip", "--require-hashes", "--progress-spinner", "off"]
    command += ["--vulnerability-service", "osv", "--format", "json", "--aliases", "on", "--desc", "off"]
    command += ["--requirement", str(pins), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - words of ours
    try:
        return list(_read(json.loads(done.stdout)["dependencies"]))
    except (ValueError, LookupError):
        raise NotAsked(done.stderr.strip().rpartition("\n")[2] or "pip-audit said nothing") from None


def _read(libraries: list[dict[str, object]]) -> Iterator[Weakness]:
    for library in libraries:
        for found in library["vulns"]:  # type: ignore[attr-defined]  # a library that was skipped has none: LookupError
            names = frozenset([found["id"], *found["aliases"]])
            yield Weakness(str(library["name"]), str(library["version"]), names, tuple(found["fix_versions"]))


def read_entries(text: str) -> dict[str, Entry]:
    """Return what was decided, by the name of the weakness. Raises ValueError for an entry that cannot be."""
    entries = {name: Entry(**entry) for name, entry in tomllib.loads(text).items()}
    for name, entry in entries.items():
        if entry.days not in DAYS or not isinstance(entry.known, date) or not entry.reason.strip():
            raise ValueError(f"{name}: a day, {sorted(DAYS)} days, and a reason")
    return entries


def judge(weaknesses: Iterable[Weakness], entries: dict[str, Entry], today: date) -> Iterator[tuple[bool, str]]:
    """Yield for each weakness whether it may stay for now, and a sentence."""
    for weakness in weaknesses:
        found = [entries[name] for name in weakness.names if name in entries]
        if not found:
            yield False, f"{weakness}. Replace it, or enter it in {ENTERED.name}."
        else:
            last_day = min(entry.last_day for entry in found)
            yield today <= last_day, f"{weakness}. To be replaced until {last_day}: {found[0].reason}"


def main(pins: Path = PINS, *options: str) -> int:
    try:
        weaknesses = find_weaknesses(pins, *options)
    except (NotAsked, MissingProgram) as reason:
        print(f"NOT CHECKED: whether a library has a known weakness is unknown. {reason}", file=sys.stderr)
        return 2
    judged = list(judge(weaknesses, read_entries(ENTERED.read_text()), datetime.now(UTC).date()))
    for may_stay, sentence in judged:
        print(f"{'known' if may_stay else 'OVERDUE'}: {sentence}")
    print(f"{len(judged)} known weaknesses in {pins.name}.")
    return 0 if all(may_stay for may_stay, _ in judged) else 1


if __name__ == "__main__":
    sys.exit(main())

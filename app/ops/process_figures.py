"""What the operating system says of each process of an instance: memory, processor, files, start.

The library says it of one process only, that which is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from prometheus_client import Metric, ProcessCollector
from prometheus_client.registry import Collector

# Those that the library writes for a process, and mark_process_dead removes.
OF_A_PROCESS = re.compile(r"gauge_live\w*_(\d+)\.db")


class ProcessFigures(Collector):
    """The library's metrics `process_...`, with the label `pid`, of the processes that count into the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        families: dict[str, Metric] = {}
        for pid in sorted(self._pids()):
            for family in ProcessCollector(pid=lambda pid=pid: pid, registry=None).collect():  # type: ignore[misc]  # bound at once
                merged = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
                for sample in family.samples:
                    merged.add_sample(sample.name, sample.labels | {"pid": str(pid)}, sample.value)
        return families.values()

    def _pids(self) -> set[int]:
        names = (OF_A_PROCESS.fullmatch(file.name) for file in self._folder.iterdir())
        return {int(found[1]) for found in names if found}

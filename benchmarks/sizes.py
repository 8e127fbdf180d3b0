"""What an instance of the default sizes takes and carries: memory, requests a second, time to the first answer.

    make bench BENCH=sizes                  # on SQLite, MariaDB and MySQL; writes docs/performance.md
    python -m benchmarks.sizes --quick      # on SQLite, and nothing is written

Memory is the proportional set size (PSS) of all processes of the server: pages that several of them share count once.
What a quarter of a vCPU would do is calculated from processor time, without what throttling by a host adds.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks import data, load, notes, performance
from benchmarks.notes import KINDS, Person
from config import server_settings
from devtools.databases import ENGINES
from devtools.processes import answers_http, free_port, run_server
from devtools.programs import MissingProgram, find_program

SIZE = 10_000  # notes
VCPU = 0.25
MOST_REFUSED = 0.2
# An instance as its setting of connections makes it: Fargate's tasks with their jobs, task-manager's with one process.
DEFAULTS: dict[str, dict[str, str]] = {
    "default": {},
    "with jobs (three-tier)": {"RUN_JOBS": "1"},
    "one process (task-manager)": {"WEB_CONCURRENCY": "1", "RUN_JOBS": "1"},
}


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one instance; memory in MB, processor time of starting in seconds and of a request in milliseconds.

    `refused` is the share of the requests that were told to come again: with as many at once as there are threads, some
    wait longer for one of the five connections to the database than they may.
    """

    processes: int
    threads: int
    idle: float
    busy: float
    start: float
    request: float
    refused: float


def processes_of(first: int) -> list[int]:
    """Return a process and all that it has started, by whichever thread, and however deep."""
    texts = [file.read_text() for file in Path(f"/proc/{first}/task").glob("*/children")]
    return [first, *(deeper for text in texts for pid in text.split() for deeper in processes_of(int(pid)))]


def memory(master: int) -> float:
    """Return the PSS of a server in MB."""
    texts = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in processes_of(master)]
    return sum(int(number) for text in texts for number in re.findall(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)) / 1024


def processor(master: int) -> float:
    """Return the seconds of processor time of a server."""
    return sum(load.busy(pid) for pid in processes_of(master))


@contextmanager
def instance(url: str, environ: dict[str, str]) -> Iterator[tuple[str, int]]:
    """Run a server, and yield its address and its first process."""
    port = free_port()
    settings = {"APP_ENV": "production", "SECRET_KEY": load.KEY, "DATABASE_URL": url, "BIND": "127.0.0.1"}
    command = [sys.executable, "-m", "gunicorn", "--log-level", "warning", "crudapp:app"]
    ready = f"http://127.0.0.1:{port}/livez"
    environ = {**settings, **environ, "PORT": str(port)}
    with run_server(command, port, is_ready=lambda: answers_http(ready), environ=environ) as process:
        yield f"http://127.0.0.1:{port}", process.pid


def measure(url: str, environ: dict[str, str], person: Person, seconds: int) -> Figures:
    """Start an instance, and let all of its threads show lists. Raises RuntimeError when most answers are errors."""
    server = server_settings({"DATABASE_URL": url, **environ})
    with instance(url, environ) as (address, master):
        start, idle = processor(master), memory(master)
        connections = server.workers * server.threads
        command = ["wrk", "--threads", "1", "--connections", str(connections), "--duration", str(seconds)]
        command += ["--timeout", "30", "--header", f"Cookie: {person.cookie}", f"{address}/notes"]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        refused = sum(int(number) for number in re.findall(r"Non-2xx or 3xx responses: (\d+)", printed))
        requests = int(re.findall(r"(\d+) requests in", printed)[0])
        if refused > MOST_REFUSED * requests:
            raise RuntimeError(f"Lists were answered with errors:\n{printed}")
        each = 1000 * (processor(master) - start) / requests
        return Figures(server.workers, server.threads, idle, memory(master), start, each, refused / requests)


def measure_all(engines: list[str], rounds: int, seconds: int) -> dict[str, Figures]:
    """Return the medians by database and kind of instance."""
    found: dict[str, Figures] = {}
    for engine in engines:
        with ExitStack() as stack:
            url = stack.enter_context(database(engine))
            crew = notes.sign_in(url, notes.owners_of(SIZE))
            person = next(iter(crew.owners.values()))
            kinds = {"make run": {"RUN_JOBS": "1"}} if engine == "sqlite" else DEFAULTS
            for kind, environ in kinds.items():
                taken = [measure(url, environ, person, seconds) for _ in range(rounds)]
                found[f"{KINDS.get(engine, 'SQLite')}, {kind}"] = median(taken)
    return found


@contextmanager
def database(engine: str) -> Iterator[str]:
    """Yield the address of a copy of the data."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="run-", dir=data.KEPT)))
        if engine == "sqlite":
            yield f"sqlite:///{shutil.copy(data.sqlite_file(SIZE), folder / 'notes.db')}"
        else:
            copied = shutil.copytree(data.server_folder(engine, SIZE), folder / engine)
            yield f"{stack.enter_context(data.server_on(engine, copied))}/notes"


def median(taken: list[Figures]) -> Figures:
    columns = zip(*(asdict(one).values() for one in taken), strict=True)
    first, second, *others = (statistics.median(column) for column in columns)
    return Figures(int(first), int(second), *others)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument(
        "--quick", action="store_true", help="one round of three seconds on SQLite, nothing is written"
    )
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    try:
        find_program("wrk")
        engines = ["sqlite"] if chosen.quick else ["sqlite", *ENGINES]
        found = measure_all(engines, 1 if chosen.quick else chosen.rounds, 3 if chosen.quick else 10)
    except MissingProgram as lack:
        sys.exit(str(lack))
    figures = {"rounds": chosen.rounds, "vcpu": VCPU, "instances": {name: asdict(one) for name, one in found.items()}}
    print(performance.sizes_table(figures))
    if not chosen.quick:
        performance.keep("sizes", figures)


if __name__ == "__main__":
    main()

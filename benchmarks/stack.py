"""What the three tiers answer together: nginx with TLS, two app servers, MySQL or MariaDB 0, 1 and 5 ms away.

    make bench BENCH=stack

The way to the database is made longer by benchmarks/delay.py. Rates and latencies are of this machine, whose
processors all tiers and the load share; what one Fargate task would carry follows from the processor time of the app
servers alone.
"""

from __future__ import annotations

import argparse
import re
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import urllib.parse
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import make_url

from benchmarks import data, load, notes, performance
from benchmarks.notes import KINDS, Crew, Person
from config import ROOT
from devtools.databases import ENGINES
from devtools.nginx import Nginx, readable_directory, run_nginx, upstream_options
from devtools.processes import answers_http, free_port, run_server
from devtools.programs import MissingProgram, find_program

NAME = "localhost"
SIZE = 10_000
DELAYS = (0, 1, 5)  # milliseconds from a statement to its answer, beside what the database takes
CONNECTIONS = 16
# What people do most; a guess, which the price of a million requests rests on.
SHARES = {"list": 0.5, "read": 0.3, "search": 0.15, "create": 0.05}
VCPU = 0.25
VARIABLES = ROOT / "terraform" / "modules" / "app_service" / "variables.tf"
# Everybody comes from one address here, so no address may be held back.
WITHOUT_LIMITS = {"rate=10r/s": "rate=100000r/s", "rate=30r/s": "rate=100000r/s"}
WITHOUT_LIMITS |= {"limit_conn per_address 64": "limit_conn per_address 6400"}


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw of one action; `processor` is the app servers' time for a request, all times are milliseconds."""

    rate: float
    p50: float
    p99: float
    processor: float


# --- The tiers ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tiers:
    """What runs; `masters` are the processes that have started the workers of the app servers."""

    nginx: Nginx
    masters: list[int]
    person: Person
    writer: Person

    def busy(self) -> float:
        """Return the seconds of processor time that the app servers have used."""
        return sum(load.busy(pid) for master in self.masters for pid in [master, *load.children(master)])


@contextmanager
def tiers(database: str, milliseconds: int, crew: Crew) -> Iterator[Tiers]:
    """Run nginx and two app servers, so far away from the database at an address."""
    with ExitStack() as stack:
        url = stack.enter_context(away(database, milliseconds))
        servers = [stack.enter_context(app_server(url)) for _ in range(2)]
        home = stack.enter_context(readable_directory())
        options = ["--front", "instance", "--server-name", NAME, *upstream_options(port for port, _ in servers)]
        nginx = stack.enter_context(run_nginx(home, *options, replacements=WITHOUT_LIMITS))
        owner = next(iter(crew.owners.values()))
        yield Tiers(nginx, [pid for _, pid in servers], owner, crew.writer)


@contextmanager
def away(database: str, milliseconds: int) -> Iterator[str]:
    """Yield the address of the database that lies so many milliseconds away."""
    if not milliseconds:
        yield database
        return
    url, port = make_url(database), free_port()
    command = [sys.executable, "-m", "benchmarks.delay", str(port), str(url.port), str(milliseconds)]
    with run_server(command, port):
        yield url.set(port=port).render_as_string(hide_password=False)


@contextmanager
def app_server(url: str) -> Iterator[tuple[int, int]]:
    """Run an app server as a task does, and yield its port and its process."""
    port = free_port()
    environ = {"APP_ENV": "production", "SECRET_KEY": load.KEY, "DATABASE_URL": url, "BIND": "127.0.0.1"}
    environ |= {"PORT": str(port), "TRUSTED_HOSTS": NAME, "PROXY_HOPS": "1"}
    command = [sys.executable, "-m", "gunicorn", "--log-level", "warning", "crudapp:app"]
    ready = f"http://127.0.0.1:{port}/livez"
    with run_server(command, port, is_ready=lambda: answers_http(ready), environ=environ) as process:
        yield port, process.pid


# --- Measuring ---------------------------------------------------------------------------------------------------


def measure(tier: Tiers, action: str, seconds: int) -> Load:
    """Load the stack with one action. Raises RuntimeError when an answer was an error."""
    path = {
        "list": "/notes",
        "read": f"/notes/{tier.person.notes[-1]}",
        "search": f"/search?{urllib.parse.urlencode({'q': data.RARE})}",
        "create": "/notes",
    }[action]
    site = f"https://{NAME}:{tier.nginx.https_port}"
    who = tier.writer if action == "create" else tier.person
    command = ["wrk", "--latency", "--threads", "1", "--connections", str(CONNECTIONS), "--duration", str(seconds)]
    command += ["--timeout", "30", "--header", f"Cookie: {who.cookie}", "--header", f"Referer: {site}/"]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        if action == "create":
            script.write(notes.CREATE.format(form=who.form, run=secrets.token_hex(8)))
            script.flush()
            command += ["--script", script.name]
        before = tier.busy()
        printed = subprocess.run([*command, site + path], check=True, capture_output=True, text=True).stdout
        busy = tier.busy() - before
    if "Non-2xx" in printed:
        raise RuntimeError(f"{action} was answered with errors:\n{printed}")
    requests = int(re.findall(r"(\d+) requests in", printed)[0])
    if not requests:
        raise RuntimeError(f"{action} was not answered within {seconds} seconds:\n{printed}")
    rate = float(re.findall(r"Requests/sec:\s+([\d.]+)", printed)[0])
    return Load(rate, _percentile(printed, 50), _percentile(printed, 99), 1000 * busy / requests)


def _percentile(printed: str, percent: int) -> float:
    """Return milliseconds, which wrk writes as 512.00us, 1.20ms or 1.02s."""
    number, unit = re.findall(rf"{percent}%\s+([\d.]+)(us|ms|s|m)\b", printed)[0]
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}[unit]


def measure_all(engines: list[str], rounds: int, seconds: int) -> dict[str, dict[str, Load]]:
    """Return the medians by database, milliseconds to it, and action: `MySQL, 5 ms`."""
    found: dict[str, dict[str, Load]] = {}
    for engine in engines:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="run-", dir=data.KEPT)))
            copied = shutil.copytree(data.server_folder(engine, SIZE), folder / engine)
            database = f"{stack.enter_context(data.server_on(engine, copied))}/notes"
            crew = notes.sign_in(database, notes.owners_of(SIZE))
            for milliseconds in DELAYS:
                with tiers(database, milliseconds, crew) as tier:
                    found[f"{KINDS[engine]}, {milliseconds} ms"] = measure_tiers(tier, rounds, seconds)
    return found


def measure_tiers(tier: Tiers, rounds: int, seconds: int) -> dict[str, Load]:
    """Return the medians over the rounds by action, after a round that warms up."""
    taken: dict[str, list[Load]] = defaultdict(list)
    for _ in range(rounds + 1):
        for action in SHARES:
            taken[action].append(measure(tier, action, seconds))
    return {action: _median(loads[1:]) for action, loads in taken.items()}


def _median(loads: list[Load]) -> Load:
    columns = zip(*((one.rate, one.p50, one.p99, one.processor) for one in loads), strict=True)
    return Load(*(statistics.median(column) for column in columns))


# --- Reporting ---------------------------------------------------------------------------------------------------


def scaling() -> dict[str, int]:
    """Return what Terraform aims at for each task, by default: cpu_percent and requests_per_minute."""
    found = re.findall(r"(cpu_percent|requests_per_minute)\s+= optional\(number, (\d+)\)", VARIABLES.read_text())
    return {name: int(value) for name, value in found}


def milliseconds_of_a_request(loads: dict[str, Load]) -> float:
    """Return the app servers' processor time for a request, of all kinds as SHARES mixes them."""
    return sum(share * loads[action].processor for action, share in SHARES.items())


def report(found: dict[str, dict[str, Load]]) -> str:
    lines = ["| database | action | requests a second | p50, ms | p99, ms | app servers' processor, ms |"]
    lines.append("|---|---|---:|---:|---:|---:|")
    for where, loads in found.items():
        for action, one in loads.items():
            cells = f"{one.rate:,.0f} | {one.p50:.1f} | {one.p99:.1f} | {one.processor:.2f}"
            lines.append(f"| {where} | {action} | {cells} |")
    aim = scaling()
    lines.append("")
    for where, loads in found.items():
        carried = VCPU * 60_000 / milliseconds_of_a_request(loads)
        aimed = carried * aim["cpu_percent"] / 100
        lines.append(f"{where}: a task of {VCPU} vCPU carries {carried:,.0f} requests a minute, {aimed:,.0f} at")
        lines[-1] += f" {aim['cpu_percent']} % of its processor; Terraform aims at {aim['requests_per_minute']:,}."
    return "\n".join(lines)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", help="one round of three seconds, and no file is written")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--seconds", type=int, default=5)
    options.add_argument("--on", choices=list(ENGINES), action="append")
    chosen = options.parse_args()
    try:
        for program in ("wrk", "nginx"):
            find_program(program)
        engines = chosen.on or list(ENGINES)
        rounds, seconds = (1, 3) if chosen.quick else (chosen.rounds, chosen.seconds)
        found = measure_all(engines, rounds, seconds)
    except MissingProgram as lack:
        sys.exit(str(lack))
    print(report(found))
    if not chosen.quick and not chosen.on:
        loads = {where: {action: asdict(one) for action, one in of.items()} for where, of in found.items()}
        means = {where: milliseconds_of_a_request(of) for where, of in found.items()}
        performance.keep("stack", {"rounds": rounds, "loads": loads, "processor_ms": means})


if __name__ == "__main__":
    main()

"""Faults of S3, where files lie: notes go on working, and whoever wants a file is told so."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from devtools.processes import wait_until
from rehearsal.components.aws_services import AwsServices
from rehearsal.components.stacks import NotesStack, ThreeTierStack
from rehearsal.scenarios.faults import under_load
from rehearsal.scenarios.ledger import Ledger, load_of_files

SECONDS = 12.0  # of each way to fail: longer than a request to S3 is waited for


class Step(NamedTuple):
    fail: Callable[[AwsServices], None]
    what: str


class Fault(NamedTuple):
    steps: tuple[Step, ...]
    expected: str


WITHOUT_FILES = "no request for notes fails; files are answered 503, with a sentence and when to come back"
FAULTS = {
    "s3-slow": Fault(
        (
            Step(lambda aws: aws.slow_s3_down(2.0), "S3 answers after 2 seconds"),
            Step(lambda aws: aws.slow_s3_down(60.0), "S3 answers after a minute"),
        ),
        f"files are slow; where they are too slow, {WITHOUT_FILES}",
    ),
    "s3-refuses": Fault(
        (
            Step(lambda aws: aws.refuse_s3("503 Slow Down", "SlowDown"), "S3 answers 503"),
            Step(lambda aws: aws.refuse_s3("403 Forbidden", "AccessDenied"), "S3 answers 403"),
        ),
        WITHOUT_FILES,
    ),
    "s3-gone": Fault(
        (
            Step(lambda aws: aws.block_s3("reject with tcp reset"), "S3 refuses connections"),
            Step(lambda aws: aws.block_s3("drop"), "S3 cannot be reached"),
        ),
        WITHOUT_FILES,
    ),
}


def run_fault(name: str, fault: Fault, stack: NotesStack) -> dict[str, Any]:
    """Return what became of the notes, and of the files beside them."""
    before = errors_counted(stack)
    with load_of_files(stack, name) as files, under_load(stack, name) as notes:
        for step in fault.steps:
            step.fail(stack.aws)
            notes.mark(step.what)
            time.sleep(SECONDS)
        probes = healths(stack)
        stack.aws.mend_s3()
        notes.mark("S3 as before")
        wait_until(partial(files.all_well_since, time.time()), "everybody to have their files again", 90)
    found = {"expected": fault.expected} | notes.compare(stack.database.titles())
    return found | {"files": of_files(files, stack) | {"counted": errors_counted(stack) - before, "health": probes}}


def of_files(files: Ledger, stack: NotesStack) -> dict[str, Any]:
    """Return what the clients of files were answered, and what is stored afterwards."""
    found = files.compare(stack.database.names_of_files())
    told = sum(number for answer, number in found["failures"].items() if answer.endswith(" 503"))
    return found | {"told": told, "check": check(stack)}


def check(stack: NotesStack) -> str:
    """Return what `flask files check` says where the app runs."""
    app = stack.service if isinstance(stack, ThreeTierStack) else stack.instances
    return app.execute(stack.network.topology.of("app")[0].name, "flask files check || true").strip()


def errors_counted(stack: NotesStack) -> float:
    """Return how often the store of files failed, as the metrics of the apps say."""
    pages = [ask_app(stack, app.name, "/metrics") for app in stack.network.topology.of("app")]
    found = [re.findall(r"^file_store_errors_total\{.*\} (\S+)$", page, re.MULTILINE) for page in pages]
    return sum(float(number) for numbers in found for number in numbers)


def healths(stack: NotesStack) -> list[str]:
    """Return what the load balancer is told: an app without S3 serves notes, and stays in service."""
    status = ("-o/dev/null", "-w%{http_code}")
    return [ask_app(stack, app.name, "/health", *status) for app in stack.network.topology.of("app")]


def ask_app(stack: NotesStack, host: str, path: str, *options: str) -> str:
    return stack.network[host].run("curl", "-sS", "-m5", *options, f"http://127.0.0.1:5000{path}")


SCENARIOS: dict[str, Callable[[NotesStack], dict[str, Any]]] = {
    name: partial(run_fault, name, fault) for name, fault in FAULTS.items()
}

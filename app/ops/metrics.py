"""What is counted for the operator. Every worker counts into files that all of them read, so the sums are right.

gunicorn.conf.py names the folder (PROMETHEUS_MULTIPROC_DIR) before this is imported; without it a process counts alone.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Literal

from flask import Flask
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from werkzeug.routing import Rule

from app.ops.process_figures import ProcessFigures
from app.version import VERSION
from config import fingerprint

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5)

REQUESTS = Histogram(
    "http_request_seconds", "Requests by how long they took.", ["method", "route", "status"], buckets=BUCKETS
)
IN_FLIGHT = Gauge("http_requests_in_flight", "Requests being answered, each by a thread.", multiprocess_mode="livesum")
THREADS = Gauge("http_threads", "Threads that can answer requests.", multiprocess_mode="livesum")
SIGN_IN_FAILURES = Counter("sign_in_failures", "Attempts to sign in that failed.")
MERGES = Counter("note_merges", "Saves that were merged with a newer version.")
CONFLICTS = Counter("note_conflicts", "Saves that were refused because a newer version had changed the same lines.")
BUILD = Gauge(
    "app_build",
    "Always 1; the labels are the version and build that are running.",
    ["version", "build"],
    multiprocess_mode="max",
)
SECRET_KEY = Gauge(
    "app_secret_key",
    "Always 1; the label is a fingerprint of SECRET_KEY, the same on all servers of a site.",
    ["fingerprint"],
    multiprocess_mode="max",
)

# One series for each process ("liveall"), so that a process that is short of connections is seen.
POOL_SIZE = Gauge("database_pool_size", "Connections that a process may open.", multiprocess_mode="liveall")
POOL_CHECKED_OUT = Gauge("database_pool_checked_out", "Connections in use.", multiprocess_mode="liveall")
POOL_OVERFLOW = Gauge("database_pool_overflow", "Connections in use beyond the size.", multiprocess_mode="liveall")

# What is waited for: a connection that is free, or a transaction's turn (app/db/write_slots.py).
Awaited = Literal["connection", "turn"]
POOL_WAITING = Gauge(
    "database_pool_waiting", "Requests that wait at this moment, by what for.", ["cause"], multiprocess_mode="livesum"
)
POOL_WAITS = Counter("database_pool_waits", "Requests that had to wait, by what for.", ["cause"])
POOL_TIMEOUTS = Counter("database_pool_timeouts", "Requests that waited in vain, by what for.", ["cause"])

# Of files: what a store is asked for is in app/files/store.py, why one is refused in app/files/refusals.py.
FILES_RECEIVED = Counter("files_received", "Files that arrived and were stored, or were there already.")
FILE_BYTES = Counter("file_received_bytes", "Bytes of the files that arrived.")
FILES_REFUSED = Counter("files_refused", "Files that were refused, by why.", ["reason"])
FILE_STORE_SECONDS = Histogram(
    "file_store_seconds", "What the store of files was asked for, by how long it took.", ["operation"], buckets=BUCKETS
)
FILES_WITHHELD = Counter("files_withheld", "Requests for files in which a scan found malware: they are not given out.")
FILE_STORE_ERRORS = Counter("file_store_errors", "What the store of files did not do, by what it was.", ["operation"])

POOL = {"size": POOL_SIZE, "checked_out": POOL_CHECKED_OUT, "overflow": POOL_OVERFLOW}
COUNTED = {"waits": POOL_WAITS, "timeouts": POOL_TIMEOUTS}


def init_app(app: Flask) -> None:
    BUILD.labels(VERSION, app.config["BUILD"]).set(1)
    SECRET_KEY.labels(fingerprint(app.config["SECRET_KEY"])).set(1)
    for cause in ("connection", "turn"):
        for metric in (POOL_WAITING, POOL_WAITS, POOL_TIMEOUTS):
            metric.labels(cause)  # from the beginning, so that a first wait is a rise


@contextmanager
def waiting(cause: Awaited) -> Iterator[None]:
    """Count the block as a wait."""
    POOL_WAITS.labels(cause).inc()
    gauge = POOL_WAITING.labels(cause)
    gauge.inc()
    try:
        yield
    finally:
        gauge.dec()


def count(method: str, rule: Rule | None, status: int, seconds: float) -> None:
    """Count a request that was answered."""
    # The template of the route, not the path: there is no end of paths.
    series = _series(method, rule.rule, status) if rule else _series("any", "none", status)
    series.observe(seconds)
    if status in {409, 412}:
        CONFLICTS.inc()
    if status in {422, 429} and rule and rule.endpoint == "accounts.sign_in":
        SIGN_IN_FAILURES.inc()


@cache
def _series(method: str, route: str, status: int) -> Histogram:
    return REQUESTS.labels(method, route, str(status))


def registry() -> CollectorRegistry:
    """Return what all processes of this instance have counted."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if folder is None:
        return REGISTRY
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    together.register(ProcessFigures(Path(folder)))
    return together


OPENMETRICS = "application/openmetrics-text"


def exposition(accept: str) -> tuple[bytes, str]:
    """Return what was counted and its content type: OpenMetrics for who accepts it, else the text of Prometheus."""
    # In a version of ours: the library fails on one that is no number, and repeats one that it does not know.
    encode, content_type = choose_encoder(f"{OPENMETRICS}; version=1.0.0" if OPENMETRICS in accept else "")
    return encode(registry()), content_type


def pools() -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    """Return how often was waited and in vain, and the figures of the connection pool by process."""
    counted = dict.fromkeys(COUNTED, 0)
    found: dict[str, dict[str, int]] = defaultdict(dict)
    gauges = {f"database_pool_{name}": name for name in POOL}
    totals = {f"database_pool_{name}_total": name for name in COUNTED}
    for family in registry().collect():
        for sample in family.samples:
            if sample.name in gauges:
                found[sample.labels.get("pid", str(os.getpid()))][gauges[sample.name]] = int(sample.value)
            elif sample.name in totals:
                counted[totals[sample.name]] += int(sample.value)
    return counted, dict(found)

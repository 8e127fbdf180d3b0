"""What the operator sees of jobs in /metrics."""

from __future__ import annotations

from flask import Flask
from prometheus_client import Gauge

from app import clock
from app.jobs import queue
from app.ops import probes

WAITING = Gauge("jobs_waiting", "Jobs that are due or will be.", multiprocess_mode="mostrecent")
DEAD = Gauge("jobs_dead", "Jobs that failed so often that nobody tries them again.", multiprocess_mode="mostrecent")
LATE = Gauge("jobs_late_seconds", "For how long the oldest job has been due.", multiprocess_mode="mostrecent")


def init_app(app: Flask) -> None:
    probes.add_figures(app, _count)


def _count() -> None:
    waiting, dead, late = queue.count()
    WAITING.set(waiting)
    DEAD.set(dead)
    LATE.set(late / clock.SECOND)

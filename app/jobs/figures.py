"""What the operator sees of jobs in /metrics."""

from __future__ import annotations

from flask import Flask
from prometheus_client import Gauge

from app import clock
from app.jobs import queue
from app.ops import probes

WAITING = Gauge("jobs_waiting", "Jobs that are due now or later.", multiprocess_mode="mostrecent")
DEAD = Gauge("jobs_dead", "Jobs that have failed twelve times and are not tried again.", multiprocess_mode="mostrecent")
LATE = Gauge(
    "jobs_late_seconds", "Seconds since the job that has waited longest became due.", multiprocess_mode="mostrecent"
)


def init_app(app: Flask) -> None:
    probes.add_figures(app, _count)


def _count() -> None:
    waiting, dead, late = queue.count()
    WAITING.set(waiting)
    DEAD.set(dead)
    LATE.set(late / clock.SECOND)

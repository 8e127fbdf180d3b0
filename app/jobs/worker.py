"""Doing what is on the list of jobs, one after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable

from flask import Flask, current_app, g

from app import clock, site_mode
from app.db import health
from app.errors import Unavailable
from app.jobs import queue
from app.jobs.queue import Job, Kind

SECONDS_BETWEEN_LOOKS = 1.0  # while there is nothing to do
SECONDS_AFTER_FAILURE = 5.0  # of the database
SECONDS_BETWEEN_CHECKS = 60.0


def register(app: Flask, kind: str, run: Callable[[Job], object], every: int | None = None) -> None:
    """Name what is done with jobs of a kind; with `every`, in microseconds, it is done that often unasked."""
    queue.kinds.of(app)[kind] = Kind(run, every)


def work(app: Flask, is_over: threading.Event, is_orphan: Callable[[], bool]) -> None:
    """Do jobs until `is_over`; the one that has begun is finished."""
    is_scheduled = False
    while not is_over.is_set() and not is_orphan():
        try:
            with app.app_context():
                is_open = site_mode.read() == "open"
                is_scheduled = is_scheduled or (is_open and schedule())
                done = is_open and run_next()
        except Unavailable as error:
            app.logger.exception("jobs cannot be read", extra=_cause(error))
            is_over.wait(SECONDS_AFTER_FAILURE)
            continue
        if not done:
            is_over.wait(SECONDS_BETWEEN_LOOKS)


def watch(app: Flask, is_over: threading.Event) -> None:
    """Log what is wrong with the database until `is_over`: where nobody asks for anything, no request fails.

    In a thread of its own: what it opens there waits for an answer as briefly as a request does, not as a command.
    """
    while not is_over.wait(SECONDS_BETWEEN_CHECKS):
        with app.app_context():
            try:
                difference = health.check().words["clock"]
            except Unavailable as error:
                app.logger.exception("the database does not answer", extra=_cause(error))
                continue
            except Exception:
                app.logger.exception(
                    "the database cannot be looked at"
                )  # and is looked at again, or no alarm would ring
                continue
            if difference != "ok":
                app.logger.warning("clocks differ", extra={"fields": {"clock": difference}})


def run_all() -> int:
    """Do what is due now; return how many jobs that were."""
    schedule()
    number = 0
    while run_next():
        number += 1
    return number


def schedule() -> bool:
    """Put on the list what is done regularly, where it is not there yet; return True. Raises Unavailable."""
    listed = queue.regular_kinds()
    for name, kind in queue.kinds.get().items():
        if kind.every is not None and name not in listed:
            queue.add(name, queue.REGULAR)
    return True


def run_next() -> bool:
    """Do the next job, if one is due; what goes wrong is logged, and it is tried again later."""
    job = queue.claim()
    if job is None:
        return False
    began = clock.now_us()
    kind = queue.kinds.get().get(job.kind)
    if kind is None:
        queue.fail(job, "This version has no jobs of this kind.")
        return True
    g.job = job.kind  # who acts, for what is written down meanwhile
    try:
        kind.run(job)
    except Exception as error:
        current_app.logger.exception("job failed", extra=_fields(job, began))
        queue.fail(job, f"{type(error).__name__}: {error}", kind.every)
    else:
        queue.finish(job, kind.every)
        current_app.logger.info("job", extra=_fields(job, began))
    finally:
        g.pop("job")
    return True


def _cause(error: Unavailable) -> dict[str, dict[str, object]]:
    return {"fields": {"cause": error.cause, "error_number": error.number}}


def _fields(job: Job, began: int) -> dict[str, dict[str, object]]:
    milliseconds = (clock.now_us() - began) // 1000
    return {"fields": {"kind": job.kind, "job": job.id, "attempts": job.attempts, "ms": milliseconds}}

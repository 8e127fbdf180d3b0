"""`flask jobs`: doing the work outside requests, and looking at it."""

from __future__ import annotations

import os
import signal
import threading

import click
from flask import current_app

from app import clock
from app.commands import CommandGroup
from app.jobs import queue, worker

group = CommandGroup("jobs", help="Work outside requests.")


@group.command("run")
@click.option("--once", is_flag=True, help="Do what is due and end.")
def run(once: bool) -> None:
    """Do jobs until the end: of this process by a signal, or of the process that started it."""
    if once:
        number = worker.run_all()
        click.echo(f"{number} {'job' if number == 1 else 'jobs'} done.")
        return
    is_over, parent = threading.Event(), os.getppid()
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_: is_over.set())
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # werkzeug's proxy has it
    threading.Thread(target=worker.watch, args=(app, is_over), daemon=True).start()
    worker.work(app, is_over, is_orphan=lambda: os.getppid() != parent)


@group.command("list")
def list_() -> None:
    """Print the jobs that have died, and then those that are next."""
    for job in queue.list_jobs():
        state = "dead" if job.is_dead else f"due {clock.rfc3339(job.run_at)}"
        error = f", last error: {job.error}" if job.error else ""
        click.echo(f"{job.id}: {job.kind}, {state}, {job.attempts} of {queue.ATTEMPTS} attempts{error}")


@group.command("retry")
@click.argument("job_id", type=int)
def retry(job_id: int) -> None:
    """Let a job be tried again at once, also one that has died."""
    queue.retry(job_id)
    click.echo("It will be tried at once.")

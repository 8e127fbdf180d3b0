"""Jobs: work outside requests, rows of a table until done; done at least once, even if a process is killed.

A feature names what it can do with `register`, and asks for it with `add`, in the transaction of what it belongs to.
`flask jobs run` does it; any number of those may run.
"""

from flask import Flask

from app.jobs import backups, commands, figures, models, queue
from app.jobs.queue import Job, add, cancel, due_at
from app.jobs.worker import register

__all__ = ["Job", "add", "cancel", "due_at", "init_app", "models", "register"]


def init_app(app: Flask) -> None:
    queue.kinds.set(app, {})
    figures.init_app(app)
    backups.init_app(app)
    app.cli.add_command(commands.group)

"""The embedded database is backed up once a day, where BACKUP_FOLDER says so."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, current_app

from app import clock
from app.db import backup
from app.jobs.queue import Job
from app.jobs.worker import register


def init_app(app: Flask) -> None:
    if app.config["BACKUP_FOLDER"]:
        register(app, "backup", _back_up, every=clock.DAY)


def _back_up(_job: Job) -> None:
    settings = current_app.config
    backup.create(
        Path(settings["SQLALCHEMY_DATABASE_URI"].database),
        settings["BACKUP_FOLDER"],
        settings["BACKUP_KEEP"],
        backup.companions.get(),
    )

"""Files: what people add to their notes, kept in a folder or in S3, shown where a text mentions it."""

from __future__ import annotations

from flask import Flask

from app import clock, jobs
from app.accounts import deletion
from app.db import backup
from app.files import api, backups, claims, collecting, commands, links, models, refusals, store, uploads, views
from app.files.store import Store

__all__ = ["init_app", "models"]


def init_app(app: Flask) -> None:
    claims.store.set(app, _store(app))
    uploads.init_app(app)
    store.init_metrics()
    refusals.init_metrics()
    if app.config["FILES_STORE"] != "none":
        backup.companions.of(app).append(backups.FileContents())
    app.jinja_env.filters["size"] = links.size_in_words
    app.register_blueprint(views.blueprint)
    app.register_blueprint(api.blueprint)
    app.cli.add_command(commands.group)
    deletion.before_deletion(app, collecting.delete_everything)
    jobs.register(app, collecting.KIND, collecting.collect_by_job, every=clock.DAY)
    jobs.register(app, collecting.OF_ACCOUNT, collecting.delete_by_job)


def _store(app: Flask) -> Store:
    if app.config["FILES_STORE"] == "folder":
        from app.files.folder import FolderStore  # noqa: PLC0415  # neither store loads the library of the other

        return FolderStore(app.config["FILES_FOLDER"])
    from app.files.s3 import S3Store  # noqa: PLC0415

    return S3Store(app.config["FILES_BUCKET"], app.config["FILES_PREFIX"], app.config["AWS_REGION"])

"""Files: what people add to their notes, kept in a folder or in S3, shown where a text mentions it."""

from __future__ import annotations

from flask import Flask

from app.files import claims, models, views
from app.files.store import Store

__all__ = ["init_app", "models"]


def init_app(app: Flask) -> None:
    claims.store.set(app, _store(app))
    app.register_blueprint(views.blueprint)


def _store(app: Flask) -> Store:
    if app.config["FILES_STORE"] == "folder":
        from app.files.folder import FolderStore  # noqa: PLC0415  # neither store loads the library of the other

        return FolderStore(app.config["FILES_FOLDER"])
    from app.files.s3 import S3Store  # noqa: PLC0415

    return S3Store(app.config["FILES_BUCKET"], app.config["FILES_PREFIX"], app.config["AWS_REGION"])

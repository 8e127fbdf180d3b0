"""Notes and tasks: what people write, find again and never lose."""

from flask import Flask

from app.notes import models, views

__all__ = ["init_app", "models"]


def init_app(app: Flask) -> None:
    app.register_blueprint(views.blueprint)

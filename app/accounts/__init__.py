"""People: sign-up, sign-in and sessions."""

from flask import Flask

from app.accounts import models

__all__ = ["init_app", "models"]


def init_app(app: Flask) -> None:
    app.extensions["who"] = lambda: None

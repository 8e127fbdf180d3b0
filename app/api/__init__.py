"""What every JSON API of the application shares: how requests are read, answers written, and both documented."""

from flask import Flask

from app.api import views


def init_app(app: Flask) -> None:
    app.register_blueprint(views.blueprint)

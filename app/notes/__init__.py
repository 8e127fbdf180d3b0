"""Notes and tasks: what people write, find again and never lose."""

from flask import Flask
from werkzeug.routing import IntegerConverter

from app.notes import commands, models, views

__all__ = ["init_app", "models"]


class IdConverter(IntegerConverter):
    """A whole number in an address. Werkzeug's own takes any digits of Unicode, and numbers that no database holds."""

    regex = "[0-9]{1,18}"


def init_app(app: Flask) -> None:
    app.url_map.converters["id"] = IdConverter
    app.register_blueprint(views.blueprint)
    app.cli.add_command(commands.group)

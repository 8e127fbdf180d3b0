"""Ids of notes and tokens: whole numbers that JavaScript can hold, and how they stand in addresses."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

LARGEST_ID = 2**53 - 1
ID_SCHEMA = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}


class IdConverter(IntegerConverter):
    """A whole number in an address. Werkzeug's own takes any digits of Unicode, and numbers that no database holds."""

    regex = "[0-9]{1,16}"

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=LARGEST_ID)


def init_app(app: Flask) -> None:
    app.url_map.converters["id"] = IdConverter

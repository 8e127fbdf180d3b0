"""Ids of notes and tokens: whole numbers that JavaScript can hold, and how they stand in addresses."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import IntegerConverter

LARGEST_ID = 2**53 - 1
ID_SCHEMA = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}


NOBODYS = 0
"""An id that nothing has."""


class IdConverter(IntegerConverter):
    """A whole number in an address. Werkzeug's own takes any digits of Unicode, and numbers that no database holds.

    One that is too large is nobody's. Refusing it here, by `max`, makes werkzeug say that the address knows other
    methods: it has compared those of some of its routes before.
    """

    regex = "[0-9]{1,16}"

    def to_python(self, value: str) -> int:
        number: int = super().to_python(value)
        return number if number <= LARGEST_ID else NOBODYS


def init_app(app: Flask) -> None:
    app.url_map.converters["id"] = IdConverter

"""Ids of notes, files and tokens: whole numbers that JavaScript can hold, how they are made and stand in addresses."""

from __future__ import annotations

import secrets
import threading

from flask import Flask
from werkzeug.routing import IntegerConverter

from app import clock

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


_ids = {"last": 0}
_ids_lock = threading.Lock()


def new_id() -> int:
    """Return an id that sorts by time and fits in 53 bits, so that JavaScript can hold it.

    Milliseconds since 2020 and twelve random bits; in one process ids only rise. Two processes may meet: the
    primary key says so, and the caller tries again.
    """
    milliseconds = clock.now_us() // 1000 - 1_577_836_800_000
    with _ids_lock:
        _ids["last"] = max(_ids["last"] + 1, milliseconds << 12 | secrets.randbits(12))
        return _ids["last"]

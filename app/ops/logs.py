"""One JSON object a line, through the standard `logging`, whatever is in it."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime

import orjson
from flask import Flask

from app.ops.traces import Sampled, describe, fold

QUERY_STRING = re.compile(r"\?\S*")


class JsonFormatter(logging.Formatter):
    """Writes a record as one line; whatever the input held, JSON's escapes keep it on that line.

    The trace of an error is folded, and written once a minute; in between its line says what went wrong.
    """

    def __init__(self) -> None:
        super().__init__()
        self._traces = Sampled()

    def format(self, record: logging.LogRecord) -> str:
        fields = record.__dict__.get("fields", {})
        if record.exc_info and record.exc_info[1]:
            fields = {**fields, "error": describe(record.exc_info[1])}
            if self._traces.is_due(trace := fold(record.exc_info[1])):
                fields["trace"] = trace
        line = {
            "time": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **fields,
        }
        return orjson.dumps(line, default=str).decode()


class WithoutQueryString(logging.Filter):
    """Cuts addresses at their question mark: gunicorn names whole ones, and a query holds what people search for."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = QUERY_STRING.sub("", record.getMessage()), None
        return True


def init_app(app: Flask) -> None:
    """Log to standard error unless logging has been configured, as gunicorn.conf.py does for the server."""
    if not logging.getLogger().handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(JsonFormatter())
        logging.getLogger("app").handlers = [handler]
    app.logger.setLevel(logging.NOTSET if logging.getLogger().handlers else logging.INFO)

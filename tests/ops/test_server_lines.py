"""What the server itself logs."""

from __future__ import annotations

import logging

from app.ops.logs import JsonFormatter, WithoutQueryString


def test_a_line_of_the_server_holds_no_query_string() -> None:
    record = logging.LogRecord("gunicorn.error", logging.ERROR, "", 0, "Error handling %s", ("/search?q=canary",), None)
    WithoutQueryString().filter(record)
    assert JsonFormatter().format(record).endswith('"Error handling /search"}')

"""The id of a request, by which its log lines and a person's report are matched; a proxy may have chosen it."""

from __future__ import annotations

import re
import secrets

from flask import Flask, Response, g, request

WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")


def init_app(app: Flask) -> None:
    app.before_request(_choose)
    app.after_request(_send)


def _choose() -> None:
    """Choose the id of this request: the proxy's if it is well formed."""
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if WELL_FORMED.fullmatch(given) else secrets.token_hex(16)


def _send(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.request_id
    return response

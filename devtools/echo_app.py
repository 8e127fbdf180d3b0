"""A WSGI app that stands in for the notes app: it answers with what reached it and fails on request."""

import json
import os
import socket
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from werkzeug.middleware.proxy_fix import ProxyFix

# The fingerprint of what may be kept.
KEPT = "0123456789ab"

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]


def echo(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Answer with what `?status=`, `?sleep=` (seconds) and `?bytes=` ask for.

    The servers named in `?hang_up=` read the request and close the connection, as a process that is killed does.
    """
    query = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
    body = environ["wsgi.input"].read()
    if os.environ["SERVER"] in query.get("hang_up", ""):
        environ["gunicorn.socket"].shutdown(socket.SHUT_RDWR)
    time.sleep(float(query.get("sleep", "0")))
    if environ["REQUEST_METHOD"] == "POST":
        _keep(environ.get("HTTP_IDEMPOTENCY_KEY", ""))
    answer = json.dumps(
        {
            "server": os.environ["SERVER"],
            "path": environ["PATH_INFO"],
            "address": environ["REMOTE_ADDR"],
            "headers": {name[5:].lower(): value for name, value in environ.items() if name.startswith("HTTP_")},
            "body_bytes": len(body),
            "padding": "x" * int(query.get("bytes", "0")),
        }
    ).encode()
    start_response(f"{query.get('status', '200')} Asked for", _headers(len(answer), query))
    return [answer]


def _headers(length: int, query: dict[str, str]) -> list[tuple[str, str]]:
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(length)),
        ("ETag", '"fixed"'),
        ("X-Frame-Options", "SAMEORIGIN"),
        ("Content-Security-Policy", "default-src *"),
    ]
    if "retry_after" in query:
        headers.append(("Retry-After", query["retry_after"]))
    if query.get("v") == KEPT:
        headers.append(("Cache-Control", "public, max-age=31536000, immutable"))
    return headers


def _keep(key: str) -> None:
    """Write down that the request was done, as a database would."""
    with Path(os.environ["POSTS"]).open("a") as file:
        file.write(key + "\n")


app = ProxyFix(echo, x_for=int(os.environ["PROXY_HOPS"]))

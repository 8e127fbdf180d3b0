"""Writes answers: JSON by orjson, versions as ETags, and times as RFC 3339 in UTC."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson
from flask import Response, request

from app import clock
from app.api import etags

rfc3339 = lru_cache(maxsize=10_000)(clock.rfc3339)


def dumps(value: Any) -> bytes:
    return orjson.dumps(value)


def answer(value: Any, status: int = 200, *, version: int | None = None, location: str | None = None) -> Response:
    response = Response(dumps(value), status, content_type="application/json")
    if version is not None:
        response.headers["ETag"] = etags.etag(version)
    if location is not None:
        response.headers["Location"] = location
    return response


def not_modified(version: int) -> Response | None:
    """Return the answer to somebody who has this version already, None for anybody else."""
    header = request.headers.get("If-None-Match", "")
    if header.strip() != "*" and version not in etags.versions(header):
        return None
    response = Response(status=304)
    response.headers["ETag"] = etags.etag(version)
    return response

"""Writes answers: JSON by orjson, versions as ETags, and moments as RFC 3339 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson
from flask import Response, request

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=10_000)
def moment(microseconds: int) -> datetime:
    """Return a moment that orjson writes exactly; dividing by a million would round it."""
    return EPOCH + timedelta(0, 0, microseconds)


def dumps(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)


def answer(value: Any, status: int = 200, *, version: int | None = None, location: str | None = None) -> Response:
    response = Response(dumps(value), status, mimetype="application/json")
    if version is not None:
        response.headers["ETag"] = f'"{version}"'
    if location is not None:
        response.headers["Location"] = location
    return response


def not_modified(version: int) -> Response | None:
    """Return the answer to somebody who has this version already, None for anybody else."""
    if not request.if_none_match.contains_weak(str(version)):
        return None
    response = Response(status=304)
    response.headers["ETag"] = f'"{version}"'
    return response

"""Writes answers: JSON by orjson, versions as ETags, and moments as RFC 3339 in UTC."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson
from flask import Response, request

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # in UTC, which the Z says


@lru_cache(maxsize=10_000)
def moment(microseconds: int) -> str:
    """Return a moment as RFC 3339 writes it; dividing by a million would round it."""
    return f"{(EPOCH + timedelta(0, 0, microseconds)).isoformat()}Z"


def dumps(value: Any) -> bytes:
    return orjson.dumps(value)


def answer(value: Any, status: int = 200, *, version: int | None = None, location: str | None = None) -> Response:
    response = Response(dumps(value), status, content_type="application/json")
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

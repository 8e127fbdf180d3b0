"""Entries as JSON for programs, under /api/v1/entries; as public as the page is.

It takes JSON only, which no form of another site can send, and no cookie opens anything here: so no CSRF token.
"""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from app.entries import service
from app.entries.store import Entry
from app.errors import Invalid, NotFound
from app.web.access import public
from app.web.cookies import csrf

blueprint = Blueprint("entries_api", __name__, url_prefix="/api/v1/entries")
csrf.exempt(blueprint)

LARGEST_BODY = 8 * 1024  # bytes


@blueprint.before_request
def _limit_size() -> None:
    request.max_content_length = LARGEST_BODY


@blueprint.post("")
@public
def create() -> ResponseReturnValue:
    sent = _sent()
    entry = service.add(
        _text(sent, "username"),
        _text(sent, "number"),
        client=request.remote_addr or "",
        key=request.headers.get("Idempotency-Key"),
    )
    return _json(_shown(entry), 201)


@blueprint.get("/latest")
@public
def latest() -> ResponseReturnValue:
    entry = service.latest()
    if entry is None:
        raise NotFound("There are no entries yet.")
    return _json(_shown(entry))


@blueprint.get("")
@public
def index() -> ResponseReturnValue:
    username, cursor, limit = request.args.get("username"), request.args.get("cursor"), _limit()
    page = service.recent(limit, cursor) if username is None else service.of(username, limit, cursor)
    return _json({"entries": [_shown(entry) for entry in page.entries], "next": page.older})


def _sent() -> dict[str, Any]:
    if request.mimetype != "application/json":
        abort(415, "Send JSON, with the header Content-Type: application/json.")
    try:
        sent = orjson.loads(request.get_data())
    except orjson.JSONDecodeError:
        abort(400, "This is no JSON.")
    if not isinstance(sent, dict):
        abort(400, "Send an object with a username and a number.")
    return sent


def _text(sent: dict[str, Any], name: str) -> str:
    value = sent.get(name, "")
    if not isinstance(value, str):
        raise Invalid({name: "This must be a string; a number loses its leading zeros."})
    return value


def _limit() -> int:
    typed = request.args.get("limit", str(service.PAGE))
    # Anything but a short whole number becomes one that the service refuses.
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else 0


def _shown(entry: Entry) -> dict[str, str]:
    return {"username": entry.username, "number": entry.number, "timestamp": entry.timestamp}


def _json(content: object, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, mimetype="application/json")

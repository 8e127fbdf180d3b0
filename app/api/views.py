"""The description of the API: for programs as OpenAPI, for people as a page."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, render_template
from flask.typing import ResponseReturnValue

from app.access import public
from app.api import openapi
from app.api.answers import dumps

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")


@blueprint.get("/openapi.json")
@public
def description() -> ResponseReturnValue:
    return Response(dumps(_document()), mimetype="application/json")


@blueprint.get("/docs")
@public
def docs() -> ResponseReturnValue:
    return render_template("api/docs.html", api=_document())


def _document() -> dict[str, Any]:
    made: dict[str, Any] = current_app.extensions.setdefault("openapi", {})
    if not made:
        made |= openapi.document(current_app._get_current_object())  # type: ignore[attr-defined]
    return made

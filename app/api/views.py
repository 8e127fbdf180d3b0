"""The description of the API: for programs as OpenAPI, for people as a page."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import orjson
from flask import Blueprint, Flask, Response, current_app, render_template
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from app.api import openapi
from app.api.answers import dumps
from app.web import access
from app.web.access import public

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

IN_BACKTICKS = re.compile("`([^`]+)`")
# The bounds of a value that the page tells, by the words of JSON Schema.
BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "minLength": "characters at least",
    "maxLength": "characters at most",
    "minItems": "items at least",
    "maxItems": "items at most",
    "pattern": "of the pattern",
}


@blueprint.get("/openapi.json")
@public
def description() -> ResponseReturnValue:
    return Response(dumps(_document()), mimetype="application/json")


@blueprint.get("/docs")
@public
def docs() -> ResponseReturnValue:
    access.signed_in_account()  # whoever is signed in keeps the places beside the page
    return render_template("api/docs.html", api=_document(), bounds=BOUNDS)


@blueprint.app_template_filter("with_code")
def with_code(text: str) -> Markup:
    """Show what stands between backticks as code."""
    return Markup(IN_BACKTICKS.sub(r"<code>\1</code>", str(escape(text or ""))))  # noqa: S704  # escaped by then


@blueprint.app_template_filter("pretty")
def pretty(value: Any) -> str:
    """Return the value as JSON over several lines."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def _document() -> dict[str, Any]:
    return _describe(current_app._get_current_object())  # type: ignore[attr-defined]  # werkzeug's proxy has it


@lru_cache(maxsize=8)
def _describe(app: Flask) -> dict[str, Any]:
    return openapi.document(app)

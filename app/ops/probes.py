"""The endpoints that load balancers and supervisors ask; they tell a state, never a reason."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from app import database
from app.access import probe
from app.errors import Unavailable

blueprint = Blueprint("ops", __name__)


@blueprint.get("/livez")
@probe
def livez() -> ResponseReturnValue:
    """The process answers. Never the database: a process must not be killed because another machine is down."""
    return _plain("ok")


@blueprint.get("/health")
@probe
def health() -> ResponseReturnValue:
    """The process answers and so does its database: requests may be sent here."""
    try:
        database.read(text("SELECT 1")).all()
    except Unavailable:
        return _plain("unavailable", 503)
    return _plain("ok")


def _plain(word: str, status: int = 200) -> Response:
    response = Response(word + "\n", status, mimetype="text/plain")
    response.headers["Cache-Control"] = "no-store"
    return response

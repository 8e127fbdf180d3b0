"""The endpoints that load balancers and supervisors ask; they tell a state, never a reason."""

from __future__ import annotations

from flask import Blueprint, Response, current_app
from flask.typing import ResponseReturnValue

from app.access import probe
from app.errors import Unavailable
from app.ops.logs import log

blueprint = Blueprint("ops", __name__)


@blueprint.get("/livez")
@probe
def livez() -> ResponseReturnValue:
    """The process answers. Never a store: a process must not be killed because another machine is down."""
    return _plain("ok")


@blueprint.get("/health")
@probe
def health() -> ResponseReturnValue:
    """The process answers and so does every store it uses: requests may be sent here."""
    return _plain("ok") if all(_states().values()) else _plain("unavailable", 503)


@blueprint.get("/readyz")
@probe
def readyz() -> ResponseReturnValue:
    """The same, with a line for each store."""
    states = _states()
    lines = [f"{store} {'ok' if answers else 'unavailable'}" for store, answers in states.items()]
    return _plain("\n".join(lines), 200 if all(states.values()) else 503)


def _states() -> dict[str, bool]:
    """Return which of the stores that this process uses answers."""
    return {store: _answers(store) for store in current_app.extensions["stores"]}


def _answers(store: str) -> bool:
    try:
        current_app.extensions["stores"][store]()
    except Unavailable as error:
        log.error("unavailable", exc_info=error.__cause__, extra={"fields": {"store": store}})
        return False
    return True


def _plain(word: str, status: int = 200) -> Response:
    response = Response(word + "\n", status, mimetype="text/plain")
    response.headers["Cache-Control"] = "no-store"
    return response

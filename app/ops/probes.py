"""The endpoints that load balancers, supervisors and monitors ask; they tell a state, never a reason."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import orjson
from flask import Blueprint, Flask, Response, current_app
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text

from app import database
from app.access import probe
from app.errors import Unavailable
from app.ops import metrics

blueprint = Blueprint("ops", __name__)

SECONDS_TO_ANSWER = 1.0


@blueprint.get("/livez")
@probe
def livez() -> ResponseReturnValue:
    """The process answers. Never the database: a process must not be killed because another machine is down."""
    return _plain("ok\n", mimetype="text/plain")


@blueprint.get("/health")
@probe
def health() -> ResponseReturnValue:
    """The process answers and so does its database, soon enough: requests may be sent here."""
    ready = _store_answers()
    return _plain(orjson.dumps({"status": "ok" if ready else "unavailable"}), status=200 if ready else 503)


blueprint.add_url_rule("/readyz", "readyz", health)


@blueprint.get("/metrics")
@probe
def figures() -> ResponseReturnValue:
    return _plain(metrics.exposition(), mimetype=CONTENT_TYPE_LATEST)


@blueprint.get("/pool-stats")
@probe
def pool_stats() -> ResponseReturnValue:
    processes = metrics.pools()
    total: Counter[str] = Counter()
    for process in processes.values():
        total.update(process)
    return _plain(orjson.dumps({**{name: total[name] for name in metrics.POOL}, "processes": processes}))


def _store_answers() -> bool:
    # Asked in another thread, because a database that hangs is waited for longer than the asker waits for us. There is
    # one such thread in a process, so that however often we are asked, one connection waits.
    asker = current_app.extensions.setdefault("health", ThreadPoolExecutor(1, "health"))
    asked = asker.submit(_ask, current_app._get_current_object())  # type: ignore[attr-defined]
    try:
        answered: bool = asked.result(timeout=SECONDS_TO_ANSWER)
    except TimeoutError:
        asked.cancel()
        return False
    return answered


def _ask(app: Flask) -> bool:
    with app.app_context():
        try:
            database.read(text("SELECT 1")).all()
        except Unavailable:
            return False
        return True


def _plain(body: str | bytes, mimetype: str = "application/json", status: int = 200) -> Response:
    return Response(body, status, content_type=mimetype, headers={"Cache-Control": "no-store"})

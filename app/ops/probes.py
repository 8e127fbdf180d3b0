"""The endpoints that load balancers, supervisors and monitors ask; they tell a state, never a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import orjson
from flask import Blueprint, Flask, Response, current_app
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST

from app.access import probe
from app.errors import Unavailable
from app.ops import metrics
from app.ops.logs import log

blueprint = Blueprint("ops", __name__)

SECONDS_TO_ANSWER = 1.0


@blueprint.get("/livez")
@probe
def livez() -> ResponseReturnValue:
    """The process answers. Never a store: a process must not be killed because another machine is down."""
    return _plain("ok\n", mimetype="text/plain")


@blueprint.get("/health")
@probe
def health() -> ResponseReturnValue:
    """The process answers and so does every store it uses, soon enough: requests may be sent here."""
    ready = all(_states().values())
    return _plain(orjson.dumps({"status": "ok" if ready else "unavailable"}), status=200 if ready else 503)


@blueprint.get("/readyz")
@probe
def readyz() -> ResponseReturnValue:
    """The same, with a word for each store."""
    states = _states()
    words = {store: "ok" if answers else "unavailable" for store, answers in states.items()}
    return _plain(orjson.dumps(words), status=200 if all(states.values()) else 503)


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


def _states() -> dict[str, bool]:
    """Return which of the stores that this process uses answers."""
    return {store: _answers(store, ask) for store, ask in current_app.extensions["stores"].items()}


def _answers(store: str, ask: Callable[[], None]) -> bool:
    # Asked in another thread, because a store that hangs is waited for longer than the asker waits for us. There is one
    # such thread for each store in a process, so that however often we are asked, one connection waits.
    asker = current_app.extensions.setdefault(f"health of {store}", ThreadPoolExecutor(1, "health"))
    asked = asker.submit(_ask, current_app._get_current_object(), store, ask)  # type: ignore[attr-defined]
    try:
        answered: bool = asked.result(timeout=SECONDS_TO_ANSWER)
    except TimeoutError:
        asked.cancel()
        return False
    return answered


def _ask(app: Flask, store: str, ask: Callable[[], None]) -> bool:
    with app.app_context():
        try:
            ask()
        except Unavailable as error:
            log.error("unavailable", exc_info=error.__cause__, extra={"fields": {"store": store}})
            return False
        return True


def _plain(body: str | bytes, mimetype: str = "application/json", status: int = 200) -> Response:
    return Response(body, status, content_type=mimetype, headers={"Cache-Control": "no-store"})

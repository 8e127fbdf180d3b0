"""The endpoints that load balancers, supervisors and monitors ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

import orjson
from flask import Blueprint, Flask, Response, current_app, request
from flask.typing import ResponseReturnValue

from app.errors import Unavailable
from app.ops import metrics
from app.per_app import PerApp
from app.version import VERSION
from app.web.access import operator, probe

blueprint = Blueprint("ops", __name__)


@dataclass(frozen=True)
class State:
    """Whether requests can be served, and a word for each thing that an operator looks for."""

    is_ready: bool
    words: dict[str, str]


@dataclass(frozen=True)
class Store:
    """A store that this process uses: `check` raises Unavailable when it does not answer."""

    check: Callable[[], object]
    asker: ThreadPoolExecutor


_stores: PerApp[dict[str, Store]] = PerApp("stores")
_figures: PerApp[list[Callable[[], object]]] = PerApp("figures")

SECONDS_TO_ANSWER = 1.0


def init_app(app: Flask) -> None:
    _stores.set(app, {})
    _figures.set(app, [])
    app.register_blueprint(blueprint)


def add_store(app: Flask, name: str, check: Callable[[], object]) -> None:
    """Let the probes ask a store, too; `check` raises Unavailable when it does not answer.

    It may return a State where there is more to say than that it answers.
    """
    _stores.of(app)[name] = Store(check, ThreadPoolExecutor(1, "health"))


def add_figures(app: Flask, count: Callable[[], object]) -> None:
    """Let `count` bring figures up to date whenever they are asked for; when it raises Unavailable, they stay."""
    _figures.of(app).append(count)


@blueprint.get("/livez")
@probe
def livez() -> ResponseReturnValue:
    """The process answers. Never a store: a process must not be killed because another machine is down."""
    return _plain("ok\n", mimetype="text/plain")


@blueprint.get("/health")
@operator
def health() -> ResponseReturnValue:
    """The process answers and so does every store it uses, soon enough: requests may be sent here."""
    ready = all(state.is_ready for state in _states())
    state = {"status": "ok" if ready else "unavailable", "version": VERSION, "build": current_app.config["BUILD"]}
    return _plain(orjson.dumps(state), status=200 if ready else 503)


@blueprint.get("/readyz")
@operator
def readyz() -> ResponseReturnValue:
    """The same, with a word for each store and what belongs to it."""
    states = _states()
    words = {name: word for state in states for name, word in state.words.items()}
    return _plain(orjson.dumps(words), status=200 if all(state.is_ready for state in states) else 503)


@blueprint.get("/metrics")
@operator
def figures() -> ResponseReturnValue:
    for count in _figures.get():
        with suppress(Unavailable):
            count()
    body, content_type = metrics.exposition(request.headers.get("Accept", ""))
    return _plain(body, mimetype=content_type)


@blueprint.get("/pool-stats")
@operator
def pool_stats() -> ResponseReturnValue:
    counted, processes = metrics.pools()
    total: Counter[str] = Counter(counted)
    for process in processes.values():
        total.update(process)
    return _plain(orjson.dumps({**total, "processes": processes}))


def _states() -> list[State]:
    """Return how the stores are that this process uses."""
    return [_find_state(name, store) for name, store in _stores.get().items()]


def _find_state(name: str, store: Store) -> State:
    # Asked in another thread, because a store that hangs is waited for longer than the asker waits for us. There is one
    # such thread for each store in a process, so that however often we are asked, one connection waits.
    asked = store.asker.submit(_ask, current_app._get_current_object(), name, store.check)  # type: ignore[attr-defined]  # werkzeug's proxy has it
    try:
        return asked.result(timeout=SECONDS_TO_ANSWER)
    except TimeoutError:
        asked.cancel()
        return State(False, {name: "unavailable"})


def _ask(app: Flask, name: str, check: Callable[[], object]) -> State:
    with app.app_context():
        try:
            state = check()
        except Unavailable as error:
            fields = {"store": name, "cause": error.cause, "error_number": error.number}
            current_app.logger.exception("unavailable", extra={"fields": fields})
            return State(False, {name: "unavailable"})
        return state if isinstance(state, State) else State(True, {name: "ok"})


def _plain(body: str | bytes, mimetype: str = "application/json", status: int = 200) -> Response:
    return Response(body, status, content_type=mimetype, headers={"Cache-Control": "no-store"})

"""One log line and one count for each request."""

from __future__ import annotations

import logging
import time
from contextlib import suppress

from flask import Flask, Response, current_app, g, has_app_context, request

from app.ops import metrics
from app.web.error_responses import Failure


def init_app(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(log_and_count)  # hooks run in reverse: registered first, it sees the final answer
    app.teardown_request(_end)


def add_database_seconds(seconds: float) -> None:
    """Add to the time that this request has waited for the database."""
    if has_app_context():
        g.database_seconds = g.get("database_seconds", 0.0) + seconds


def seconds_passed() -> float | None:
    """Return how long this request has been under way, or since `count_anew`; None outside of one."""
    return time.perf_counter() - g.get("counted_from", g.began) if has_app_context() and "began" in g else None


def count_anew() -> None:
    """Let the time that the request has for the database begin now: what it waited for so far was something else."""
    if has_app_context():
        g.counted_from = time.perf_counter()


def _begin() -> None:
    g.began = time.perf_counter()
    metrics.IN_FLIGHT.inc()


def log_and_count(response: Response) -> Response:
    """Write the request's line and count it; an answer is sent even when that fails."""
    seconds = time.perf_counter() - g.began
    rule, account = request.url_rule, g.get("account")
    fields = {
        "request_id": g.request_id,
        "method": request.method,
        # The template of the route, not the path: paths hold what people search for.
        "route": rule.rule if rule else None,
        "status": response.status_code,
        "database_ms": round(g.get("database_seconds", 0.0) * 1000, 2),
        "ms": round(seconds * 1000, 2),
        "account": account.id if account else None,
    }
    failure: Failure | None = g.get("failure")
    if failure:
        fields |= {"cause": failure.cause, "error_number": failure.number, "reason": failure.reason}
    level = logging.INFO if failure is None else logging.ERROR if failure.error else logging.WARNING
    current_app.logger.log(level, "request", exc_info=failure.error if failure else None, extra={"fields": fields})
    with suppress(OSError):  # the folder of counts may be full
        metrics.count(request.method, rule, response.status_code, seconds)
    return response


def _end(_error: BaseException | None) -> None:
    if "began" in g:
        metrics.IN_FLIGHT.dec()

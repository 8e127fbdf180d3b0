"""Errors as answers: a page for people, problem+json (RFC 9457) for programs; once for all features."""

from __future__ import annotations

from urllib.parse import urlsplit

import orjson
from flask import Flask, Response, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from app import errors
from app.ops.logs import log

STATUS: dict[type[errors.AppError], int] = {
    errors.NotFound: 404,
    errors.Invalid: 422,
    errors.SignInNeeded: 401,
    errors.Forbidden: 403,
    errors.TooMany: 429,
    errors.Conflict: 409,
    errors.Unavailable: 503,
}

TITLES = {
    400: "That request cannot be understood",
    401: "Please sign in",
    403: "Not allowed",
    404: "Nothing here",
    405: "That cannot be done here",
    409: "Changed in the meantime",
    413: "Too large",
    422: "That cannot be used",
    429: "Too many attempts",
    500: "Our fault",
    503: "Back in a moment",
}


def init_app(app: Flask) -> None:
    app.register_error_handler(errors.AppError, _app_error)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _fault)


def _app_error(error: errors.AppError) -> ResponseReturnValue:
    if isinstance(error, errors.SignInNeeded) and not _wants_json():
        # After a form was sent, its page is where to return to: the browser offers the draft there.
        sent_from = urlsplit(request.referrer or "").path
        here = request.full_path.rstrip("?") if request.method == "GET" else sent_from or request.path
        return redirect(url_for("accounts.sign_in", next=here), 303)
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    fields = error.fields if isinstance(error, errors.Invalid) else {}
    typed = _typed() if isinstance(error, errors.Conflict | errors.Unavailable) else []
    response = answer(status, error.message, fields, typed)
    if isinstance(error, errors.TooMany | errors.Unavailable):
        response.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, errors.Unavailable):
        log.error("unavailable", exc_info=error.__cause__, extra={"fields": {"request_id": g.get("request_id")}})
    return response


def _stale_form(_error: CSRFError) -> ResponseReturnValue:
    """The form is not from this session (expired, or signed out in another tab): show what was typed, save nothing."""
    message = "This form is from an earlier session, so nothing was saved. Open the page again and send it once more."
    return answer(400, message, typed=_typed())


def _typed() -> list[str]:
    """Return what somebody wrote into a note, to be shown on a page that could not save it."""
    return [request.form[name] for name in ("title", "body") if request.form.get(name)]


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.response
    response = answer(error.code or 500, str(error.description or error.name))
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _fault(error: Exception) -> ResponseReturnValue:
    log.error("fault", exc_info=error, extra={"fields": {"request_id": g.get("request_id")}})
    return answer(500, "Something broke on our side. It was recorded; please try again.", typed=_typed())


def answer(status: int, message: str, fields: dict[str, str] | None = None, typed: list[str] | None = None) -> Response:
    """Return an error as the asker reads it; `typed` is text of theirs to show, so that they can copy it."""
    title = TITLES.get(status, "That did not work")
    if _wants_json():
        problem = {"type": "about:blank", "title": title, "status": status, "detail": message}
        if fields:
            problem["errors"] = [{"field": name, "message": sentence} for name, sentence in fields.items()]
        return Response(orjson.dumps(problem), status, mimetype="application/problem+json")
    return Response(render_template("error.html", status=status, title=title, message=message, typed=typed), status)


def _wants_json() -> bool:
    return request.path.startswith("/api/")

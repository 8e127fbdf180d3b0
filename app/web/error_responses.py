"""Errors as answers: a page for people, problem+json (RFC 9457) for programs; once for all features."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson
from flask import Flask, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from app import errors
from app.web import access
from app.web.addresses import here

STATUS: dict[type[errors.AppError], int] = {
    errors.NotFound: 404,
    errors.Invalid: 422,
    errors.TooLarge: 413,
    errors.Malformed: 400,
    errors.SignInNeeded: 401,
    errors.TokenNeeded: 401,
    errors.Forbidden: 403,
    errors.TooMany: 429,
    errors.Stale: 412,
    errors.Conflict: 409,
    errors.Unavailable: 503,
    errors.Damaged: 500,
}

TITLES = {
    400: "That request cannot be understood",
    401: "Please sign in",
    403: "Not allowed",
    404: "Nothing here",
    405: "That cannot be done here",
    406: "Another type is needed",
    409: "Changed in the meantime",
    412: "Changed in the meantime",
    413: "Too large",
    415: "Another type is needed",
    422: "That cannot be used",
    428: "Say which version you mean",
    429: "Too many attempts",
    500: "Something went wrong here",
    503: "Back in a moment",
}


MESSAGES = {
    400: "A part of the request is missing or broken. Go back, and try once more.",
    403: "Your account may not do this, or the request came from another site.",
    404: "There is nothing at this address. Perhaps it was mistyped, or the page was deleted.",
    405: "This address does not accept requests of this kind.",
    413: "What was sent is larger than the limit. Nothing was saved.",
    414: "The address is too long.",
    415: "What was sent has a type that is not accepted here.",
}


@dataclass(frozen=True)
class Failure:
    """Why this request failed, for its line in the log: `g.failure`. `number` is that of the server of the database."""

    cause: errors.Cause
    error: BaseException | None = None
    number: int | None = None
    reason: str | None = None


def init_app(app: Flask) -> None:
    app.register_error_handler(errors.AppError, answer_error)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, answer_fault)


def answer_error(error: errors.AppError) -> ResponseReturnValue:
    """Return an error of ours as the asker reads it."""
    if isinstance(error, errors.SignInNeeded) and not _wants_json():
        return _to_sign_in()
    typed = _typed() if isinstance(error, errors.Conflict | errors.TooMany | errors.Unavailable) else []
    response = answer(status_of(error), error.message, _fields(error), typed)
    if isinstance(error, errors.Damaged):
        g.failure = Failure(errors.Cause.DAMAGED, error)
    if isinstance(error, errors.TokenNeeded):
        response.headers["WWW-Authenticate"] = "Bearer"
    return try_later(error, response) if isinstance(error, errors.TooMany | errors.Unavailable) else response


def try_later(error: errors.TooMany | errors.Unavailable, response: Response) -> Response:
    """Return `response` as the answer to `error`: with its status and when to try again; and log what is behind it."""
    response.status_code = status_of(error)
    response.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, errors.Unavailable) and not error.is_planned:
        g.failure = Failure(error.cause, error, error.number)
    return response


def _to_sign_in() -> ResponseReturnValue:
    """Lead to signing in, and from there back to this page; after a form was sent, to the page of the form."""
    sent_from = urlsplit(request.referrer or "")
    page = here() if request.method == "GET" or not sent_from.path else f"{sent_from.path}?{sent_from.query}"
    sign_in = url_for("accounts.sign_in", next=page.rstrip("?"))
    typed = _typed()
    if not typed or request.form.get("instance"):  # a script that names the form has kept its draft
        return redirect(sign_in, 303)
    message = "You are no longer signed in, so nothing was saved. Copy what you wrote before you go on."
    return Response(_page(401, message, typed, sign_in), 401)


def _stale_form(error: CSRFError) -> ResponseReturnValue:
    """The form is of an earlier session (expired, signed out in another tab), or the browser has lost its cookie."""
    try:
        access.refuse_if_guarded()  # forms are looked at first, and sending it once more would not help now
    except errors.AppError as refusal:
        return answer_error(refusal)
    g.failure = Failure(errors.Cause.FORM, reason=str(error.description))
    if access.is_sign_in_needed():
        return _to_sign_in()
    typed = _typed()
    if not typed and not _wants_json() and "GET" in _methods():
        # Such as signing in: somebody who did so in another tab continues from here, others send the form again.
        if access.signed_in_account() is None:
            flash("This page was open for a long time. Please send it once more.")
        return redirect(here(), 303)
    message = "This form is from an earlier session, so nothing was saved. Open the page again and send it once more."
    return answer(400, message, typed=typed)


def _methods() -> set[str]:
    return request.url_rule.methods or set() if request.url_rule else set()


def _typed() -> list[str]:
    """Return what somebody wrote, to be shown on a page that could not save it; nothing of a form that is refused."""
    try:
        form = request.form
    except HTTPException:  # nobody has read it yet, and it is larger than the limit
        return []
    return [form[name] for name in ("title", "body", "username", "number") if form.get(name)]


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.response
    code = error.code or 500
    is_of_werkzeug = error.description == type(error).description
    response = answer(code, _message(code) if is_of_werkzeug else str(error.description))
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _message(status: int) -> str:
    return MESSAGES.get(status, "That did not work. Nothing was changed.")


def answer_fault(error: Exception) -> ResponseReturnValue:
    g.failure = Failure(errors.Cause.FAULT, error)
    return answer(500, "Something broke on our side. It was recorded; please try again.", typed=_typed())


def status_of(error: errors.AppError) -> int:
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def _fields(error: errors.AppError) -> dict[str, str]:
    return error.fields if isinstance(error, errors.Invalid) else {}


def answer(
    status: int,
    message: str,
    fields: Mapping[str, str] | None = None,
    typed: list[str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Response:
    """Return an error as the asker reads it.

    `typed` is text of theirs to show, so that they can copy it; `more` goes into the answer to a program.
    """
    if _wants_json():
        written = orjson.dumps(_problem(status, message, fields or {}) | dict(more or {}), option=orjson.OPT_UTC_Z)
        return Response(written, status, mimetype="application/problem+json")
    return Response(_page(status, message, typed), status)


def _page(status: int, message: str, typed: list[str] | None, sign_in: str | None = None) -> str:
    if status < 500:
        # Whoever is signed in keeps the places; an answer to trouble asks no store for anything.
        with suppress(errors.AppError):
            access.signed_in_account()
    about = {"status": status, "title": _title(status), "message": message, "typed": typed, "sign_in": sign_in}
    return render_template("error.html", **about)


def problem(error: errors.AppError) -> dict[str, Any]:
    """Return the error as a program reads it (RFC 9457)."""
    return _problem(status_of(error), error.message, _fields(error))


def _problem(status: int, message: str, fields: Mapping[str, str]) -> dict[str, Any]:
    said: dict[str, Any] = {"type": "about:blank", "title": _title(status), "status": status, "detail": message}
    if fields:
        said["errors"] = [{"field": name, "message": sentence} for name, sentence in fields.items()]
    return said


def _title(status: int) -> str:
    return TITLES.get(status, "That did not work")


def _wants_json() -> bool:
    """Programs use the API; a script of a page that reads more than a status asks for JSON alone."""
    return request.path.startswith("/api/") or request.environ.get("HTTP_ACCEPT") == "application/json"

"""Device cookies: a browser in which somebody has signed in before has guesses of its own, which no stranger uses up.

The scheme is OWASP's: https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
A device cookie opens nothing. It names, signed, the accounts that were signed in here last, each with a random nonce
under which their guesses are counted, and it outlives signing out.
"""

from __future__ import annotations

import secrets

from flask import Response, after_this_request, current_app, request
from itsdangerous import BadData, URLSafeTimedSerializer

from app.web.signing import serializer

SECONDS = 365 * 24 * 3600
ACCOUNTS = 5  # of one browser, the last to sign in


def nonce(account_id: int) -> str | None:
    """Return the nonce of this browser for an account, None if the account was not signed in to here."""
    return _read().get(str(account_id))


def remember(account_id: int) -> None:
    """Give the browser a new nonce for the account; a copy of the old one no longer shares its attempts."""
    others = {name: value for name, value in _read().items() if name != str(account_id)}
    newest_first = {str(account_id): secrets.token_urlsafe(16), **others}
    content = _serializer().dumps(dict(list(newest_first.items())[:ACCOUNTS]))

    @after_this_request
    def send(response: Response) -> Response:
        secure = current_app.config["SESSION_COOKIE_SECURE"]
        response.set_cookie(_name(), content, SECONDS, httponly=True, secure=secure, samesite="Lax")
        return response


def _read() -> dict[str, str]:
    try:
        found: dict[str, str] = _serializer().loads(request.cookies.get(_name(), ""), max_age=SECONDS)
    except BadData:
        return {}
    return found


def _serializer() -> URLSafeTimedSerializer:
    return serializer("device cookie")


def _name() -> str:
    return "__Host-device" if current_app.config["SESSION_COOKIE_SECURE"] else "device"

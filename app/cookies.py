"""The signed cookie of a session and the tokens of forms, each signed no more often than needed."""

import time
from copy import deepcopy
from functools import lru_cache
from typing import Any

from flask import Flask, Request, Response, current_app, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadSignature, URLSafeTimedSerializer


class Protection(CSRFProtect):  # type: ignore[misc]  # Flask-WTF has no types
    def protect(self, apply_exemptions: bool = False) -> None:
        # Flask-WTF's own looks up what is exempt before it looks at the method.
        if request.method in current_app.config["WTF_CSRF_METHODS"]:
            super().protect(apply_exemptions)


# Every form carries a token; a blueprint that takes no forms and knows no cookies may be exempt.
csrf = Protection()


def init_app(app: Flask) -> None:
    csrf.init_app(app)
    app.context_processor(lambda: {"csrf_token": csrf_token})  # later than Flask-WTF's own, so it counts
    app.session_interface = Sessions()


class Sessions(SecureCookieSessionInterface):
    """Flask's own signed cookie; its signer is made once, a cookie verified once a minute (20 and 40 microseconds)."""

    def __init__(self) -> None:
        self.signer: URLSafeTimedSerializer | None = None
        self.verified = lru_cache(maxsize=1000)(self.verify)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        self.signer = self.signer or super().get_signing_serializer(app)
        return self.signer

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        # Programs send none, and parsing none takes five microseconds.
        cookie = request.cookies.get(self.get_cookie_name(app)) if "HTTP_COOKIE" in request.environ else None
        if not cookie:
            return self.session_class()
        try:
            # A minute later it is verified again, so that an old one ends. The copy is this request's to change.
            return self.session_class(deepcopy(self.verified(app, cookie, time.time() // 60)))
        except BadSignature:
            return self.session_class()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        # Flask's own works out every attribute of the cookie before it finds that there is nothing to send.
        if session.modified:
            super().save_session(app, session, response)
        elif session.accessed:
            response.vary.add("Cookie")

    def verify(self, app: Flask, cookie: str, _minute: float) -> dict[str, Any]:
        """Return what is in the cookie. Raises BadSignature."""
        signer = self.get_signing_serializer(app)
        if signer is None:
            raise BadSignature("There is no key.")
        content: dict[str, Any] = signer.loads(cookie, max_age=int(app.permanent_session_lifetime.total_seconds()))
        return content


def csrf_token() -> str:
    """Return the token for the forms of a page. Signing takes 40 microseconds, and a session's token stays the same."""
    return _csrf_token(current_app.secret_key, session["csrf_token"]) if "csrf_token" in session else generate_csrf()


@lru_cache(maxsize=10_000)
def _csrf_token(_key: object, _of_the_session: str) -> str:
    token: str = generate_csrf()
    return token

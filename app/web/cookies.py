"""The signed cookie of a session and the tokens of forms, each verified and signed no more often than needed.

One of the tricks that docs/adr/0010-tricks.md allows; benchmarks/tricks.py switches it off.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from copy import deepcopy
from functools import lru_cache
from typing import Any

from flask import Flask, Request, Response, current_app, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadSignature, Signer

# For all that is signed here: cookies, tokens of forms, tickets. SHA-1, the default, is not among the hashes that OWASP
# ASVS 5.0.0 approves of (appendix C); Flask-WTF lets nobody choose for one signature alone.
Signer.default_digest_method = staticmethod(hashlib.sha256)
Signer.default_key_derivation = "hmac"

# Every form carries a token; a blueprint without forms and cookies may be exempt.
csrf = CSRFProtect()


def init_app(app: Flask) -> None:
    csrf.init_app(app)
    app.context_processor(lambda: {"csrf_token": csrf_token})  # later than Flask-WTF's own, so it counts
    app.session_interface = RememberingSessions()


class RememberingSessions(SecureCookieSessionInterface):
    """Flask's own signed cookie; one that was verified is not verified again within the same minute."""

    digest_method = staticmethod(hashlib.sha256)

    def __init__(self) -> None:
        self._remembered = lru_cache(maxsize=1000)(self._verify)

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        cookie = request.cookies.get(self.get_cookie_name(app))
        if not cookie:
            return self.session_class()
        try:
            # The minute is part of the question, so that an old cookie ends. The copy is this request's to change.
            content, is_current = self._remembered(app, cookie, time.time() // 60)
        except BadSignature:
            return self.session_class()
        opened = self.session_class(deepcopy(content))
        opened.modified = not is_current  # then it is signed anew, before its key is forgotten
        return opened

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Set the cookie, but on no answer that others may be given from a cache; programs with tokens have none."""
        has_none = not (session or session.accessed or session.modified)
        if not has_none and not response.cache_control.public:
            super().save_session(app, session, response)

    def _verify(self, app: Flask, cookie: str, _minute: float) -> tuple[dict[str, Any], bool]:
        """Return what the cookie holds, and whether the present key has signed it. Raises BadSignature."""
        signer = self.get_signing_serializer(app)
        if signer is None:
            raise BadSignature("There is no key.")
        content: dict[str, Any] = signer.loads(cookie, max_age=int(app.permanent_session_lifetime.total_seconds()))
        signer.secret_keys = signer.secret_keys[-1:]
        return content, signer.loads_unsafe(cookie)[0]


def csrf_token() -> str:
    """Return the token for the forms of a page; a session's stays the same, and so does its signature."""
    if "csrf_token" not in session:
        session["csrf_token"] = secrets.token_urlsafe(32)  # Flask-WTF would shorten something random by SHA-1
    return _csrf_token(current_app.secret_key, session["csrf_token"])


@lru_cache(maxsize=10_000)
def _csrf_token(_key: object, _of_the_session: str) -> str:
    token: str = generate_csrf()
    return token

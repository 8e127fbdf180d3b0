"""The security headers that every answer of the application carries."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# Nothing is allowed but what is named; no inline script or style anywhere. Source: https://www.w3.org/TR/CSP3/
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; "
    "script-src 'self'; "
    "style-src 'self'; "
    "img-src 'self' data:; "  # data: Bootstrap's stylesheet draws its check marks and arrows so
    "font-src 'self'; "
    "connect-src 'self'; "
    "form-action 'self'; "
    "manifest-src 'self'; "
    "base-uri 'none'; "
    "frame-ancestors 'none'"
)

SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


# JSON is no document: it loads nothing, runs nothing, links to nothing. A header takes gunicorn three microseconds.
OF_JSON = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def init_app(app: Flask) -> None:
    """Add them where headers are plain pairs; through Flask's response they would take five times as long."""
    answer = app.wsgi_app

    def secured(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Callable[[bytes], object]:
            given = dict(headers)
            headers += (OF_JSON if "json" in given.get("Content-Type", "") else SECURITY_HEADERS).items()
            if "Cache-Control" not in given:
                # A person's pages stay out of shared caches; back and forward may show them until the session ends.
                headers.append(("Cache-Control", "no-store" if status >= "400" else "private, no-cache"))
            return start_response(status, headers, *error)

        return answer(environ, start)

    app.wsgi_app = secured  # type: ignore[method-assign]  # Flask's documented way to wrap it

"""The security headers that every answer of the application carries."""

from __future__ import annotations

from flask import Flask, Response

# Nothing is allowed but what is named; no inline script or style anywhere. Source: https://www.w3.org/TR/CSP3/
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; "
    "script-src 'self'; "
    "style-src 'self'; "
    "img-src 'self'; "
    "media-src 'self'; "
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

# JSON is no document: it loads nothing, runs nothing, links to nothing.
JSON_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def init_app(app: Flask) -> None:
    app.after_request(_add)


def _add(response: Response) -> Response:
    """Add the headers that the view has not set itself."""
    is_json = "json" in (response.mimetype or "")
    # Back leads to pages as they are now, and after signing out to none. A program may keep what it asks for again.
    kept = is_json and response.status_code < 400
    ours = {"Cache-Control": "private, no-cache" if kept else "no-store"}
    ours |= JSON_HEADERS if is_json else SECURITY_HEADERS
    present = {name.lower() for name, _ in response.headers}
    response.headers.extend({name: value for name, value in ours.items() if name.lower() not in present})
    return response

"""The security headers that every answer of the application carries."""

from flask import Flask, Response

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


def init_app(app: Flask) -> None:
    app.after_request(_secure)


def _secure(response: Response) -> Response:
    response.headers.extend(SECURITY_HEADERS)
    # A person's pages stay out of shared caches; back and forward may still show them until the session ends.
    response.headers.setdefault("Cache-Control", "no-store" if response.status_code >= 400 else "private, no-cache")
    return response

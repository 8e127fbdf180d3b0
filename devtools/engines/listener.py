"""The app with an ear in every page: what scripts break on, and what the Content-Security-Policy refuses.

WebKit tells a driver nothing of its console, so all engines are asked the same way: a script in front of the page's own
sends what it hears to the server, which writes it into the file that LISTENER_FILE names. Run by gunicorn in place of
`crudapp:app`, with the app's own policy.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Response

from crudapp import app

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

SCRIPT = """
const report = (kind, text) => navigator.sendBeacon("/listener", `${kind} on ${location.pathname}: ${text}`);
addEventListener("error", async (event) => {
  if (event.message !== undefined) return report("error", event.message);
  // Firefox breaks off the loads of a page that is being left, and calls that an error, too: is the file there?
  const answer = await fetch(event.target.src ?? event.target.href).catch(() => null);
  if (answer && !answer.ok) report("error", `${event.target.outerHTML} did not load`);
}, true);
addEventListener("unhandledrejection", (event) => report("rejection", event.reason));
document.addEventListener("securitypolicyviolation", (event) =>
  report("policy", `${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile ?? ""}:${event.lineNumber}`));
for (const level of ["error", "warn"]) {
  const original = console[level];
  console[level] = (...texts) => {
    report(`console.${level}`, texts.join(" "));
    original.apply(console, texts);
  };
}
"""
# Faults of a script of the site, to prove that they are heard: `/listener.js?error`.
PLANTED = {
    "": SCRIPT,
    "error": "throw new Error('planted')",
    "rejection": "Promise.reject('planted')",
    # By a picture, which the policies of pages and of files allow.
    "ran": "new Image().src = '/listener'",
}
# What a document does that comes as one; the site's policy lets it.
RUN = b"<script src='/listener.js?ran'></script>"
TAG = b'<head>\n<script src="/listener.js"></script>'


@app.after_request
def insert_script(response: Response) -> Response:
    if response.mimetype == "text/html" and not response.is_streamed:
        response.set_data(response.get_data().replace(b"<head>", TAG, 1))
    return response


page = app.wsgi_app


def listen(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if path == "/listener.js":
        start_response("200 OK", [("Content-Type", "text/javascript"), ("Cache-Control", "max-age=3600")])
        return [PLANTED[environ["QUERY_STRING"]].encode()]
    if path == "/listener.html":
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"<!doctype html>", RUN]
    if path == "/listener":
        heard = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        with Path(os.environ["LISTENER_FILE"]).open("ab") as file:
            file.write((heard.replace(b"\n", b" ") or b"a script ran") + b"\n")
        start_response("204 No Content", [])
        return []
    return page(environ, start_response)


app.wsgi_app = listen  # type: ignore[method-assign]  # Flask's documented way to wrap it

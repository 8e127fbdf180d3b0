"""Forms sent as a browser sends them, with Flask's test client."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from devtools.people import PASSWORD, email


def sign_in(client: FlaskClient, name: str) -> FlaskClient:
    """Sign in as alice, bob or charlie."""
    response = submit(client, "/sign-in", email=email(name), password=PASSWORD, stay="y")
    assert response.status_code == 303, response.text
    return client


def submit(client: FlaskClient, path: str, *, at: str | None = None, **fields: Any) -> TestResponse:
    """Send a form to `path` with the token that a browser finds in the page (`at`, by default the same path)."""
    return client.post(path, data={"csrf_token": csrf_token(client, at or path), **fields})


def csrf_token(client: FlaskClient, path: str) -> str:
    page = client.get(path)
    # Most tests send a form, and a parser would take longer than the app takes for the page.
    field = re.search(r'<input[^>]* name="csrf_token"[^>]* value="([^"]+)"', page.text)
    assert field is not None, f"no form at {path}: {page.status}"
    return field[1]

"""Where somebody goes after signing in."""

from __future__ import annotations

import re

from flask import current_app, request, url_for
from werkzeug.exceptions import HTTPException

# Browsers read \ as / and drop tabs and line breaks, so that `/\t/evil.example` would lead away.
LEADS_AWAY = re.compile(r"^(?!/)|^//|[\\\x00-\x20\x7f]")


def destination() -> str:
    """Return the page that `next` asks for when it is one of ours that can be opened, else the notes."""
    path = request.args.get("next", "")
    if not LEADS_AWAY.search(path) and _is_page(re.split("[?#]", path, maxsplit=1)[0]):
        return path
    return url_for("notes.index")


def _is_page(path: str) -> bool:
    # What a form was sent to (POST only) cannot be opened afterwards.
    try:
        current_app.create_url_adapter(request).match(path, method="GET")  # type: ignore[union-attr]  # there is a request
    except HTTPException:
        return False
    return True

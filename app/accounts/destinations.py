"""Where somebody goes after signing in."""

from __future__ import annotations

from flask import current_app, request, url_for
from werkzeug.exceptions import HTTPException

from app.web.addresses import below_root, is_local


def destination(page: str | None = None) -> str:
    """Return `page`, by default what `next` asks for, when it is one of ours that can be opened, else the notes."""
    address = request.args.get("next", "") if page is None else page
    if is_local(address) and _is_page(below_root(address)):
        return address
    return url_for("notes.index")


def _is_page(path: str) -> bool:
    # What a form was sent to (POST only) cannot be opened afterwards.
    try:
        current_app.create_url_adapter(request).match(path, method="GET")  # type: ignore[union-attr]  # there is a request
    except HTTPException:
        return False
    return True

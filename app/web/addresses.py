"""Addresses of this site: which are ours, and where the present request is, also below a path of somebody's proxy."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import Flask, request

# Browsers read \ as / and drop tabs and line breaks, so that `/\t/evil.example` would lead away.
LEADS_AWAY = re.compile(r"^(?!/)|^//|[\\\x00-\x20\x7f]")


def init_app(app: Flask) -> None:
    app.before_request(_forget_unreadable_referrer)


def _forget_unreadable_referrer() -> None:
    """Take a Referer that is no address for none: whoever reads it here, also Flask-WTF, would stumble."""
    try:
        _ = urlsplit(request.referrer or "").port
    except ValueError:
        del request.environ["HTTP_REFERER"]


def is_local(address: str) -> bool:
    """Whether `address` is a path of this site and cannot lead to another one."""
    return not LEADS_AWAY.search(address)


def here() -> str:
    """Return the path and the query of this request, as a browser sends them."""
    return request.script_root + request.full_path.rstrip("?")


def below_root(address: str) -> str:
    """Return the path of one of our addresses as routes know it: without query, fragment and a proxy's prefix."""
    return re.split("[?#]", address, maxsplit=1)[0].removeprefix(request.script_root)

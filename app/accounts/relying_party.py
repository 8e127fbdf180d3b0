"""This site as passkeys know it, and the browser that asks: what passkeys.py needs to know of a request."""

from __future__ import annotations

import hashlib
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import current_app, request, session

from app.accounts.passkeys import Asker, Reply, Site
from app.errors import Invalid
from app.web.cookies import csrf_token


def site() -> Site | None:
    """Return where passkeys are good: at PUBLIC_URL, else where this request is. An address has none, only a name."""
    origin: str = current_app.config["PUBLIC_ORIGIN"] or f"{request.scheme}://{request.host}"
    host = urlsplit(origin).hostname or ""
    return None if not host or _is_address(host) else Site(host, origin)


def asker() -> Asker:
    """Return who asks. Raises Invalid where passkeys cannot be."""
    here = site()
    if here is None:
        raise Invalid({"passkey": "Passkeys need a site with a name, such as localhost in place of 127.0.0.1."})
    return Asker(here, browser_digest())


def browser_digest() -> str:
    """Return by what this browser is known in a ticket: by something random that only its session holds."""
    csrf_token()  # sees to it that the session has the random text that follows
    return hashlib.sha256(session["csrf_token"].encode()).hexdigest()


def reply(prefix: str = "") -> Reply:
    """Return what a form of passkey.html has sent. Raises Invalid where passkeys cannot be."""
    return Reply(request.form.get(f"{prefix}ticket", ""), request.form.get(f"{prefix}passkey", ""), asker())


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True

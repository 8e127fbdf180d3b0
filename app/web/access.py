"""Every route declares who may enter; a route that declares nothing is refused to everybody.

A view carries one of the decorators below. Whose data it may touch is not decided here but in the look-up:
services take the owner and find nothing of anybody else's.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any, TypeVar

from flask import Flask, abort, current_app, request
from werkzeug.sansio.utils import host_is_trusted

from app.errors import Forbidden, SignInNeeded
from app.per_app import PerApp

View = TypeVar("View", bound=Callable[..., Any])


class Access(Enum):
    PUBLIC = "public"  # anybody
    PROBE = "probe"  # load balancers and monitors, by address: no trusted host, no account, no session
    OPERATOR = "operator"  # the same, but only from OPERATOR_NETWORKS; for others there is nothing
    SIGNED_IN = "signed in"  # somebody with a session
    READER = "program that may read"  # by its token; a session opens nothing here
    WRITER = "program that may write"


def public(view: View) -> View:
    return _declare(view, Access.PUBLIC)


def probe(view: View) -> View:
    return _declare(view, Access.PROBE)


def operator(view: View) -> View:
    return _declare(view, Access.OPERATOR)


def signed_in(view: View) -> View:
    return _declare(view, Access.SIGNED_IN)


def token(scope: str) -> Callable[[View], View]:
    """Admit programs with a token of this scope, read or write."""
    return lambda view: _declare(view, Access.READER if scope == "read" else Access.WRITER)


def _declare(view: View, access: Access) -> View:
    view.__dict__["access"] = access
    return view


def find_access(app: Flask, endpoint: str) -> Access | None:
    """Return what the route behind `endpoint` declares, None when it declares nothing."""
    found: Access | None = getattr(app.view_functions[endpoint], "access", None)
    return found


_load_account: PerApp[Callable[[], object | None]] = PerApp("load_account")
_authenticate: PerApp[Callable[[str], None]] = PerApp("authenticate")
_guard: PerApp[Callable[[bool], None]] = PerApp("guard")


def init_app(app: Flask) -> None:
    _load_account.set(app, lambda: None)
    _guard.set(app, lambda _is_looked_up: None)
    app.before_request(_enforce)


def guard(app: Flask, refuse: Callable[[bool], None]) -> None:
    """Let `refuse` raise what keeps everybody out, probes excepted.

    It is asked before (False) and after (True) somebody was looked up, as far as that is needed.
    """
    _guard.set(app, refuse)


def refuse_if_guarded(*, is_looked_up: bool = False) -> None:
    """Raise what keeps everybody out for the moment, if anything does."""
    _guard.get()(is_looked_up)


def admit_accounts(
    app: Flask, *, load_account: Callable[[], object | None], authenticate: Callable[[str], None]
) -> None:
    """Set the function that loads the account of a session: it returns None if there is none.

    `authenticate` takes the scope that a program's token must have, and raises what keeps the program out.
    """
    _load_account.set(app, load_account)
    _authenticate.set(app, authenticate)


def signed_in_account() -> object | None:
    """Return the signed-in account; None without a session, and in a process that has no accounts."""
    return _load_account.get()()


def is_sign_in_needed() -> bool:
    """Return whether the route needs a session and the request has none."""
    endpoint = request.endpoint
    is_private = endpoint is not None and find_access(current_app, endpoint) is Access.SIGNED_IN
    return is_private and signed_in_account() is None


def _enforce() -> None:
    endpoint = request.endpoint
    if endpoint is None:  # 404 or 405: nothing will be shown
        return
    access = find_access(current_app, endpoint)
    if access is None:
        raise Forbidden
    if access is Access.OPERATOR:
        _check_network(current_app.config["OPERATOR_NETWORKS"])
    elif access is not Access.PROBE:
        _check_host(current_app.config["ALLOWED_HOSTS"])
    is_guarded = access not in {Access.PROBE, Access.OPERATOR}
    if is_guarded:
        refuse_if_guarded()
    if is_sign_in_needed():
        raise SignInNeeded
    if access is Access.READER or access is Access.WRITER:
        _authenticate.get()("read" if access is Access.READER else "write")
    if is_guarded:
        refuse_if_guarded(is_looked_up=True)


def _check_network(allowed: list[IPv4Network | IPv6Network]) -> None:
    # Here and not by the path before a proxy: that one compares letters, and /%6detrics is /metrics too.
    if not allowed:
        return
    address = request.remote_addr
    if address is None or not any(ip_address(address) in network for network in allowed):
        abort(404)


def _check_host(allowed: list[str]) -> None:
    # Flask's own TRUSTED_HOSTS would also refuse the load balancer, which asks for the probes by address.
    if allowed and not host_is_trusted(request.host, allowed):
        abort(400, "This address is not served here.")

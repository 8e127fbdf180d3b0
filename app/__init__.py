"""The notes application, put together by `create_app`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app import access, accounts, assets, database, error_responses, extensions, headers, notes, ops
from config import from_environment


def create_app(settings: Mapping[str, Any] | None = None) -> Flask:
    """Return the application that `settings` describe; by default those of the environment."""
    app = Flask("app", instance_relative_config=False)
    app.config.update(settings or from_environment(os.environ))
    _trust_proxies(app)

    ops.init_app(app)
    headers.init_app(app)
    error_responses.init_app(app)
    extensions.init_app(app)
    assets.init_app(app)
    database.init_app(app)
    access.init_app(app)

    accounts.init_app(app)
    notes.init_app(app)
    return app


def _trust_proxies(app: Flask) -> None:
    """Believe as many X-Forwarded-* entries as there are proxies of ours, counted from the right."""
    hops = app.config["PROXY_HOPS"]
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]  # Flask's documented way to wrap it

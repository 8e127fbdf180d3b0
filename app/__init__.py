"""The notes application, put together by `create_app`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app import api, ids, ops, web
from app.version import VERSION
from config import from_environment


def create_app(settings: Mapping[str, Any] | None = None) -> Flask:
    """Return the application that `settings` describe; by default those of the environment."""
    app = Flask("app", instance_relative_config=False, static_folder=None)
    app.config.update(settings or from_environment(os.environ))
    app.jinja_env.globals["site"] = "Notes" if "notes" in app.config["FEATURES"] else "Entries"
    app.jinja_env.globals["version"] = VERSION
    _trust_proxies(app)

    ops.init_app(app)
    web.init_app(app)
    ids.init_app(app)
    if app.config["SQL"]:
        _add_sql(app)
    if "notes" in app.config["FEATURES"]:
        _add_notes(app)
    if "entries" in app.config["FEATURES"]:
        _add_entries(app)
    api.init_app(app)
    return app


# What a process does not serve it does not load either: SQLAlchemy takes 30 MB, the DynamoDB client 25.


def _add_sql(app: Flask) -> None:
    from app import db, site_mode, site_mode_commands

    db.init_app(app)
    site_mode.init_app(app)
    app.cli.add_command(site_mode_commands.group)


def _add_notes(app: Flask) -> None:
    from app import accounts, files, jobs, mail, notes, work_limits

    jobs.init_app(app)
    mail.init_app(app)
    work_limits.init_app(app)
    accounts.init_app(app)
    files.init_app(app)
    notes.init_app(app)


def _add_entries(app: Flask) -> None:
    from app import entries

    entries.init_app(app)


def _trust_proxies(app: Flask) -> None:
    """Believe as many entries of X-Forwarded-For as there are proxies of ours, counted from the right.

    Of X-Forwarded-Proto there is one, whatever their number: a load balancer replaces it. X-Forwarded-Prefix, the path
    below which a proxy serves the app, is believed where PROXY_PREFIX says so.
    """
    hops, prefix = app.config["PROXY_HOPS"], int(app.config["PROXY_PREFIX"])
    if hops or prefix:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=min(hops, 1), x_host=0, x_prefix=prefix)  # type: ignore[method-assign]  # Flask's documented way to wrap it

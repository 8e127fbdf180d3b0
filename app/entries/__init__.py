"""Entries: a username and eight digits that anybody may send; the latest is shown to everybody."""

from __future__ import annotations

import sys

from flask import Flask

from app.entries import api, commands, service, views
from app.entries.store import Store
from app.ops import probes


def init_app(app: Flask) -> None:
    store = _store(app)
    service.store.set(app, store)
    if app.config["ENTRIES_STORE"] != "sql":  # the SQL database is asked for itself
        probes.add_store(app, "entries", store.latest)
    app.register_blueprint(views.blueprint)
    app.register_blueprint(api.blueprint)
    app.cli.add_command(commands.group)
    alone = "notes" not in app.config["FEATURES"]
    if alone:
        app.add_url_rule("/", "entries.index", views.index, methods=["GET", "POST"])
    app.jinja_env.globals["entries_home"] = "/" if alone else "/entries"


def _store(app: Flask) -> Store:
    if app.config["ENTRIES_STORE"] == "sql":
        from app.entries.sql import SqlStore  # noqa: PLC0415  # neither store loads the library of the other

        return SqlStore()
    # Where pyOpenSSL is installed, as passkeys need it, botocore loads 5 MB of it to take a name from there that is the
    # standard library's own. None is Python's word for a module that is not there.
    sys.modules.setdefault("urllib3.contrib.pyopenssl", None)  # type: ignore[arg-type]  # see above
    from app.entries.dynamo import DynamoStore  # noqa: PLC0415

    return DynamoStore(app.config["DYNAMO_TABLE"], app.config["AWS_REGION"])

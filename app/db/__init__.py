"""The SQL database: engine and pool, a request's connection, transactions, prepared queries, column types, users."""

from __future__ import annotations

from flask import Flask

from app.db import commands, engine, health, metadata, request_connection, write_slots
from app.db.prepared import PreparedQuery
from app.db.request_connection import (
    connection,
    current_connection,
    dialect,
    error_number,
    read,
    reader,
    release,
)
from app.db.transactions import in_transaction, transaction
from app.ops import probes

__all__ = [
    "PreparedQuery",
    "connection",
    "current_connection",
    "dialect",
    "error_number",
    "in_transaction",
    "init_app",
    "read",
    "reader",
    "release",
    "transaction",
]


def init_app(app: Flask) -> None:
    metadata.init_app(app)
    request_connection.init_app(app)
    engine.init_app(app)
    with app.app_context():
        write_slots.init_app(app, metadata.sqlalchemy.engine)
    health.init_app(app)
    probes.add_store(app, "database", health.check)
    probes.add_figures(app, health.check)
    app.cli.add_command(commands.group)

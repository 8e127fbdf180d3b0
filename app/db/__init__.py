"""The SQL database: engine and pool, a request's connection, transactions, prepared queries, column types, users."""

from __future__ import annotations

from flask import Flask
from flask.typing import ResponseReturnValue
from sqlalchemy import exc

from app.db import backup, commands, engine, health, metadata, request_connection, write_slots
from app.db.causes import find_cause, unavailable
from app.db.prepared import PreparedQuery
from app.db.request_connection import (
    connection,
    current_connection,
    dialect,
    read,
    reader,
    release,
    unavailable_when_lost,
)
from app.db.transactions import check_before_commit, in_transaction, transaction
from app.errors import Cause
from app.ops import probes
from app.web import error_responses

__all__ = [
    "PreparedQuery",
    "check_before_commit",
    "connection",
    "current_connection",
    "dialect",
    "in_transaction",
    "init_app",
    "read",
    "reader",
    "release",
    "transaction",
    "unavailable_when_lost",
]


def init_app(app: Flask) -> None:
    metadata.init_app(app)
    backup.companions.set(app, [])
    request_connection.init_app(app)
    engine.init_app(app)
    with app.app_context():
        write_slots.init_app(app, metadata.sqlalchemy.engine)
    health.init_app(app)
    probes.add_store(app, "database", health.check)
    probes.add_figures(app, health.check)
    app.register_error_handler(exc.DBAPIError, _answer)
    app.cli.add_command(commands.group)


def _answer(error: exc.DBAPIError) -> ResponseReturnValue:
    """Answer an error that passed by the places where errors of the driver become ours."""
    if isinstance(error, exc.IntegrityError | exc.DataError) or find_cause(error) is Cause.UNKNOWN:
        return error_responses.answer_fault(error)
    ours = unavailable(error)
    ours.__cause__ = error
    return error_responses.answer_error(ours)

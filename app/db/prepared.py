"""Prepared queries: the SELECTs that pages send all the time, compiled once and handed to the driver's cursor.

One of the tricks that docs/adr/0010-tricks.md allows; benchmarks/tricks.py switches it off.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.mysql.pymysql import MySQLDialect_pymysql as MySQLDialect
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite as SQLiteDialect

from app.db.causes import unavailable
from app.db.engine import SECONDS_TO_ASK_AGAIN
from app.db.request_connection import (
    Dialect,
    RequestConnection,
    current_connection,
    is_locked,
    retry_if_disconnected,
)
from app.ops import request_log

Rows = Sequence[tuple[Any, ...]]


class PreparedQuery:
    """A SELECT whose parameters are written `:name`. Rows are what the driver gives: on SQLite, dates are text."""

    def __init__(self, sqlite: str, mysql: str | None = None) -> None:
        self._sql: dict[Dialect, str] = {
            "sqlite": str(text(sqlite).compile(dialect=SQLiteDialect(paramstyle="named"))),
            "mysql": str(text(mysql or sqlite).compile(dialect=MySQLDialect(paramstyle="pyformat"))),
        }

    def rows(self, **parameters: Any) -> Rows:
        """Return all rows. Raises Unavailable."""
        current = current_connection()
        sql = self._sql[current.dialect]

        def ask() -> Rows:
            return current.connection().exec_driver_sql(sql, parameters).all()

        if current.in_transaction:
            # A second answer would belong to no transaction if the error had ended it.
            return retry_if_disconnected(ask)
        began = time.monotonic()
        try:
            return execute_on_driver(current, sql, parameters)
        except current.driver_errors as error:
            refusal = current.give_up(error)
            if time.monotonic() - began > SECONDS_TO_ASK_AGAIN and not is_locked(refusal):
                # Asked again, a dead connection would say no more than that it is dead, and a slow server be as slow.
                raise unavailable(refusal) from refusal
            return retry_if_disconnected(ask, began)


def execute_on_driver(current: RequestConnection, sql: str, parameters: dict[str, Any]) -> Rows:
    pooled = current.pooled()
    began = time.perf_counter()
    try:
        cursor = pooled.cursor()
        cursor.execute(sql, parameters)
        return cursor.fetchall()
    finally:
        request_log.add_database_seconds(time.perf_counter() - began)

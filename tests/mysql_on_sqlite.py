"""A driver that answers the SELECTs of MySQL from a SQLite database, so that they run where no server does.

It knows what the lists use: `%(name)s`, index hints, CONCAT_WS, GROUP_CONCAT with SEPARATOR, and dates as dates.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any, cast
from unittest.mock import PropertyMock, patch

from sqlalchemy import Table

from app.db.metadata import metadata
from app.db.request_connection import RequestConnection

HINT = re.compile(r"(\w+)(?: AS \w+)?\s+FORCE INDEX \((\w+)\)")


class Connection:
    """What the pool gives out; its cursors speak MySQL."""

    def __init__(self, sqlite: sqlite3.Connection, sent: list[str]) -> None:
        self._sqlite, self._sent = sqlite, sent

    def cursor(self) -> Cursor:
        return Cursor(self._sqlite.cursor(), self._sent)


class Cursor:
    """What PyMySQL's cursor does for a prepared query. `sent` fills with the statements as they came."""

    def __init__(self, sqlite: sqlite3.Cursor, sent: list[str]) -> None:
        self._sqlite, self._sent = sqlite, sent

    def execute(self, sql: str, parameters: Mapping[str, Any]) -> None:
        self._sent.append(sql)
        self._sqlite.execute(translate(sql), parameters)

    def fetchall(self) -> Sequence[tuple[Any, ...]]:
        dates = [column[0] == "due_on" for column in self._sqlite.description]
        return [
            tuple(date.fromisoformat(value) if is_date and value else value for value, is_date in zip(row, dates))  # noqa: B905  # as long as each other
            for row in self._sqlite.fetchall()
        ]


def translate(sql: str) -> str:
    """Return MySQL's SELECT in the words of SQLite. Raises LookupError for a hint at an index that does not exist."""
    for table, index in HINT.findall(sql):
        if index not in index_names(metadata.tables[table]):
            raise LookupError(f"Key '{index}' doesn't exist in table '{table}'")
    sql = re.sub(r"FORCE INDEX \(\w+\)", "", sql)
    sql = sql.replace("CHAR(0 USING utf8mb4)", "CHAR(0)").replace(" SEPARATOR ", ", ")
    return re.sub(r"%\((\w+)\)s", r":\1", sql).replace("%%", "%")


def index_names(table: Table) -> set[str]:
    constraints = {str(one.name) for one in table.constraints}
    return {str(index.name) for index in table.indexes} | constraints | {"PRIMARY"}


def concat_ws(separator: str, *values: object) -> str:
    return separator.join(str(value) for value in values if value is not None)


@contextmanager
def mysql_on_sqlite() -> Iterator[list[str]]:
    """Let the block read a SQLite database by the SELECTs for MySQL; yield a list that fills with them."""
    sent: list[str] = []
    pooled = RequestConnection.pooled

    def connect(current: RequestConnection) -> Connection:
        sqlite = cast("sqlite3.Connection", pooled(current).driver_connection)
        sqlite.create_function("CONCAT_WS", -1, concat_ws)
        return Connection(sqlite, sent)

    with (
        patch.object(RequestConnection, "dialect", PropertyMock(return_value="mysql")),
        patch.object(RequestConnection, "pooled", connect),
    ):
        yield sent

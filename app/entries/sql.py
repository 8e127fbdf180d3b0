"""The store of entries in the SQL database."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, PrimaryKeyConstraint, Select, Table, UniqueConstraint, bindparam, insert, select
from sqlalchemy.exc import IntegrityError

from app import db, rate_limits
from app.db.columns import MYSQL_TABLE, exact
from app.db.metadata import metadata
from app.entries.store import LIMIT_MINUTES, Entry

table = Table(
    "entry",
    metadata,
    Column("username", exact(32), nullable=False),
    Column("timestamp", exact(44), nullable=False),
    Column("number", exact(8), nullable=False),
    PrimaryKeyConstraint("username", "timestamp"),
    UniqueConstraint("timestamp", name="uq_entry_timestamp"),
    sqlite_with_rowid=False,
    **MYSQL_TABLE,
)

SWEPT_EVERY = 100  # attempts, on average

_NEWEST: Select[Any] = select(table.c.username, table.c.number, table.c.timestamp).order_by(table.c.timestamp.desc())
# The hints: where MariaDB's statistics lag behind, it would rather read and sort the whole table.
_ALL = _NEWEST.with_hint(table, "FORCE INDEX (uq_entry_timestamp)", "mysql")
_OF = _NEWEST.with_hint(table, "FORCE INDEX (PRIMARY)", "mysql").where(table.c.username == bindparam("username"))


class SqlStore:
    def add(self, entry: Entry) -> bool:
        try:
            with db.transaction() as connection:
                connection.execute(
                    insert(table),
                    {"username": entry.username, "timestamp": entry.timestamp, "number": entry.number},
                )
        except IntegrityError:
            return self._has(entry)
        return True

    def _has(self, entry: Entry) -> bool:
        there = select(table.c.number).where(
            table.c.username == entry.username, table.c.timestamp == entry.timestamp, table.c.number == entry.number
        )
        return db.read(there).one_or_none() is not None

    def latest(self) -> Entry | None:
        return next(iter(self.recent(1)), None)

    def recent(self, limit: int, before: str | None = None) -> Sequence[Entry]:
        return _entries(_ALL, limit, before)

    def of(self, username: str, limit: int, before: str | None = None) -> Sequence[Entry]:
        return _entries(_OF, limit, before, username=username)

    def count(self, limits: Mapping[str, int]) -> None:
        rate_limits.count(
            {rate_limits.subject("entries", name): limit for name, limit in limits.items()}, LIMIT_MINUTES
        )
        if secrets.randbelow(SWEPT_EVERY) == 0:
            rate_limits.forget_old()


def _entries(statement: Select[Any], limit: int, before: str | None, **parameters: str) -> list[Entry]:
    if before:
        statement = statement.where(table.c.timestamp < before)
    return [Entry(*row) for row in db.read(statement.limit(limit), **parameters)]

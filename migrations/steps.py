"""Steps of migrations that may be run again: each makes only what is missing, each removes only what is there.

MySQL and MariaDB commit a DDL statement by itself. Whoever dies before Alembic has written down the new revision leaves
the step done and the revision old, and the next `flask db upgrade` begins with that step again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from alembic.util import CommandError


def create_table(name: str, *parts: sa.Column[Any] | sa.Constraint, **options: Any) -> None:
    """Create a table. Raises CommandError where one stands that has other columns."""
    if is_missing(name, *(part.name for part in parts if isinstance(part, sa.Column))):
        op.create_table(name, *parts, **options)


def drop_table(name: str) -> None:
    if _is_sql_script() or _columns(name):
        op.drop_table(name)


def add_column(table: str, column: sa.Column[Any]) -> None:
    if column.name not in _columns(table):
        op.add_column(table, column)


def drop_column(table: str, name: str) -> None:
    if _is_sql_script() or name in _columns(table):
        op.drop_column(table, name)


def create_index(name: str, table: str, columns: Sequence[str | sa.TextClause], *, unique: bool = False) -> None:
    if name not in _indexes(table):
        op.create_index(name, table, columns, unique=unique)


def drop_index(name: str, table: str) -> None:
    if _is_sql_script() or name in _indexes(table):
        op.drop_index(name, table)


def is_missing(table: str, *columns: str) -> bool:
    """Whether a table is still to be created, for a migration that says so in SQL.

    Raises CommandError where one stands that has other columns: it is not what an earlier try left.
    """
    found = _columns(table)
    if found and found != list(columns):
        raise CommandError(
            f"There is a table {table} already, with the columns {', '.join(found)}: it is not of this application."
            " Give the application a database of its own."
        )
    return not found


def dialect() -> str:
    """Return the name of the database's dialect: sqlite, mysql or mariadb."""
    return op.get_context().dialect.name


def _is_sql_script() -> bool:
    """Whether statements are printed (`flask db upgrade --sql`): then there is no database to inspect."""
    return op.get_context().as_sql


def _columns(table: str) -> list[str]:
    if _is_sql_script() or not (inspector := sa.inspect(op.get_bind())).has_table(table):
        return []
    return [column["name"] for column in inspector.get_columns(table)]


def _indexes(table: str) -> list[str | None]:
    return [] if _is_sql_script() else [index["name"] for index in sa.inspect(op.get_bind()).get_indexes(table)]


REINDEX = """
INSERT INTO search_rebuild (id, owner_id, note_id)
SELECT 1, 0, 0 FROM (SELECT MIN(owner_id) AS owner_id FROM note) AS found WHERE found.owner_id IS NOT NULL
"""


def ask_for_reindex() -> None:
    """Ask for `flask notes reindex` where there are notes: it stores anew what is derived from their texts.

    One that is under way begins again, since its first notes lack what is new. This is no DDL, and a migration that
    dies before it begins again as well.
    """
    op.execute("DELETE FROM search_rebuild")
    op.execute(REINDEX)

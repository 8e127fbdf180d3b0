"""The column types that SQLite and MySQL share, each with its reason."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Integer, LargeBinary, String, Text
from sqlalchemy.dialects import mysql

# Explicit, because servers differ in their defaults; both names exist on MariaDB and on MySQL 8 and 9.
MYSQL_TABLE: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_unicode_520_ci",
    "mysql_row_format": "DYNAMIC",
}

BIG = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit whole number: ids, and moments in microseconds since 1970 (UTC), which sort and compare exactly."""

LONG_TEXT = Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
"""Up to 16 MiB; MySQL's plain TEXT ends at 64 KiB."""

DIGEST = LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")
"""A SHA-256."""


def exact(length: int) -> Any:
    """Text compared letter by letter: keys, tags, addresses. A friendlier collation would take two of them for one."""
    return String(length).with_variant(mysql.VARCHAR(length, collation="utf8mb4_bin"), "mysql", "mariadb")


def raw(length: int) -> Any:
    """Bytes, compared as they are."""
    return LargeBinary(length).with_variant(mysql.VARBINARY(length), "mysql", "mariadb")

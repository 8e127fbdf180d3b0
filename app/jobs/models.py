"""The table of jobs."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table, UniqueConstraint

from app.db.columns import BIG, LONG_TEXT, MYSQL_TABLE, exact
from app.db.metadata import metadata

ERROR_LENGTH = 500

job = Table(
    "job",
    metadata,
    Column("id", BIG, primary_key=True),
    Column("owner_id", BIG, ForeignKey("account.id", ondelete="CASCADE")),  # none: it is the site's, or outlives them
    Column("kind", exact(40), nullable=False),
    Column("key", exact(64), nullable=False),  # asked for twice under one key, it is there once
    Column("content", LONG_TEXT, nullable=False),  # JSON
    Column("run_at", BIG, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("claimed_until", BIG, nullable=False),  # by one process; 0: by none
    Column("error", String(ERROR_LENGTH)),  # of the last attempt
    UniqueConstraint("kind", "key"),
    UniqueConstraint("run_at", "id"),  # the order in which they are taken
    **MYSQL_TABLE,
)

"""Create the table of entries."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.columns import MYSQL_TABLE, exact
from migrations import steps

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.create_table(
        "entry",
        sa.Column("username", exact(32), nullable=False),
        sa.Column("timestamp", exact(44), nullable=False),
        sa.Column("number", exact(8), nullable=False),
        sa.PrimaryKeyConstraint("username", "timestamp", name="pk_entry"),
        sa.UniqueConstraint("timestamp", name="uq_entry_timestamp"),
        sqlite_with_rowid=False,
        **MYSQL_TABLE,
    )


def downgrade() -> None:
    steps.drop_table("entry")

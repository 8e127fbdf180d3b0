"""Create the table that says how far the full-text index has been built anew, and ask for it where there are notes."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.columns import BIG, MYSQL_TABLE
from migrations import steps

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.create_table(
        "search_rebuild",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("owner_id", BIG, nullable=False),
        sa.Column("note_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_search_rebuild"),
        **MYSQL_TABLE,
    )
    steps.ask_for_reindex()


def downgrade() -> None:
    steps.drop_table("search_rebuild")

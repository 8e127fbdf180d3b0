"""Create the table of how much each account's files are together."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.columns import BIG, MYSQL_TABLE
from migrations import steps

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.create_table(
        "file_total",
        sa.Column("owner_id", BIG, nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("bytes", BIG, nullable=False),
        sa.PrimaryKeyConstraint("owner_id", name="pk_file_total"),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["account.id"], name="fk_file_total_owner_id_account", ondelete="CASCADE"
        ),
        **MYSQL_TABLE,
    )


def downgrade() -> None:
    steps.drop_table("file_total")

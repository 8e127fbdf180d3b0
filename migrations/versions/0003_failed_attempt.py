"""Create the table that throttles guessing."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.columns import BIG, DIGEST, MYSQL_TABLE
from migrations import steps

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.create_table(
        "failed_attempt",
        sa.Column("subject", DIGEST, nullable=False),
        sa.Column("time_window", BIG, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "time_window", name="pk_failed_attempt"),
        **MYSQL_TABLE,
    )


def downgrade() -> None:
    steps.drop_table("failed_attempt")

"""Create the table of accounts."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.columns import BIG, MYSQL_TABLE, exact
from migrations import steps

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.create_table(
        "account",
        sa.Column("id", BIG, nullable=False),
        sa.Column("email", exact(254), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("email", name="uq_account_email"),
        **MYSQL_TABLE,
    )


def downgrade() -> None:
    steps.drop_table("account")

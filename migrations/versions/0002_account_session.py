"""Create the table of sessions."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.columns import BIG, DIGEST, MYSQL_TABLE
from migrations import steps

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.create_table(
        "account_session",
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("seen_at", BIG, nullable=False),
        sa.Column("expires_at", BIG, nullable=False),
        sa.Column("user_agent", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_account_session"),
        sa.UniqueConstraint("account_id", "digest", name="uq_account_session_account"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_account_session_account_id_account", ondelete="CASCADE"
        ),
        **MYSQL_TABLE,
    )


def downgrade() -> None:
    steps.drop_table("account_session")

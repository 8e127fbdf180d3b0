"""Create the table of API tokens."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.columns import BIG, DIGEST, MYSQL_TABLE, exact
from migrations import steps

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.create_table(
        "api_token",
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("id", BIG, nullable=False),
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("scope", exact(5), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("expires_at", BIG),
        sa.Column("used_at", BIG),
        sa.PrimaryKeyConstraint("digest", name="pk_api_token"),
        sa.UniqueConstraint("account_id", "id", name="uq_api_token_account"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_api_token_account_id_account", ondelete="CASCADE"
        ),
        **MYSQL_TABLE,
    )


def downgrade() -> None:
    steps.drop_table("api_token")

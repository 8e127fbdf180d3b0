"""Create the table of second factors."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.columns import BIG, LONG_TEXT, MYSQL_TABLE, exact
from migrations import steps

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.create_table(
        "account_factor",
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("id", BIG, nullable=False),
        sa.Column("kind", exact(10), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("secret", LONG_TEXT, nullable=False),
        sa.Column("used_step", BIG, nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("used_at", BIG),
        sa.PrimaryKeyConstraint("account_id", "id", name="pk_account_factor"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_account_factor_account_id_account", ondelete="CASCADE"
        ),
        **MYSQL_TABLE,
    )


def downgrade() -> None:
    steps.drop_table("account_factor")

"""Create the table of accounts' identities at a provider."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.columns import BIG, MYSQL_TABLE, exact
from migrations import steps

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.create_table(
        "account_identity",
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("issuer", exact(255), nullable=False),
        sa.Column("subject", exact(255), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "issuer", name="pk_account_identity"),
        sa.UniqueConstraint("issuer", "subject", name="uq_account_identity_issuer"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_account_identity_account_id_account", ondelete="CASCADE"
        ),
        **MYSQL_TABLE,
    )


def downgrade() -> None:
    steps.drop_table("account_identity")

"""Create the table of passkeys: what a second factor of that kind holds beside its name."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.columns import BIG, MYSQL_TABLE, exact, raw
from migrations import steps

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.create_table(
        "account_passkey",
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("factor_id", BIG, nullable=False),
        sa.Column("credential_id", raw(1023), nullable=False),
        sa.Column("public_key", raw(1023), nullable=False),
        sa.Column("user_handle", raw(64), nullable=False),
        sa.Column("sign_count", BIG, nullable=False),
        sa.Column("transports", exact(80), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "factor_id", name="pk_account_passkey"),
        sa.UniqueConstraint("credential_id", name="uq_account_passkey_credential_id"),
        sa.ForeignKeyConstraint(
            ["account_id", "factor_id"],
            ["account_factor.account_id", "account_factor.id"],
            name="fk_account_passkey_account_id_factor_id_account_factor",
            ondelete="CASCADE",
        ),
        **MYSQL_TABLE,
    )


def downgrade() -> None:
    steps.drop_table("account_passkey")

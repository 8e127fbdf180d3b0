"""Create the table that counts how often an owner's tags have changed."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.columns import BIG, MYSQL_TABLE
from migrations import steps

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.create_table(
        "tag_change",
        sa.Column("owner_id", BIG, autoincrement=False, nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.PrimaryKeyConstraint("owner_id", name="pk_tag_change"),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["account.id"], name="fk_tag_change_owner_id_account", ondelete="CASCADE"
        ),
        **MYSQL_TABLE,
    )


def downgrade() -> None:
    steps.drop_table("tag_change")

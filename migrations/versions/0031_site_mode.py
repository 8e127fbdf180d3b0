"""Create the table that says whether the site takes changes."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.columns import BIG, MYSQL_TABLE, exact
from migrations import steps

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.create_table(
        "site_mode",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("mode", exact(12), nullable=False),
        sa.Column("since", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_site_mode"),
        **MYSQL_TABLE,
    )


def downgrade() -> None:
    steps.drop_table("site_mode")

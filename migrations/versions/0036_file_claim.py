"""Create the table of content that is being stored or deleted."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.columns import BIG, DIGEST, MYSQL_TABLE
from migrations import steps

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.create_table(
        "file_claim",
        sa.Column("owner_id", BIG, nullable=False),
        sa.Column("sha256", DIGEST, nullable=False),
        sa.Column("id", BIG, nullable=False),
        sa.Column("deletes", sa.Integer(), nullable=False),
        sa.Column("claimed_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "sha256", "id", name="pk_file_claim"),
        sqlite_with_rowid=False,
        **MYSQL_TABLE,
    )


def downgrade() -> None:
    steps.drop_table("file_claim")

"""Create the table of files."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.columns import BIG, DIGEST, MYSQL_TABLE, exact
from migrations import steps

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.create_table(
        "file",
        sa.Column("owner_id", BIG, nullable=False),
        sa.Column("id", BIG, nullable=False),
        sa.Column("sha256", DIGEST, nullable=False),
        sa.Column("bytes", BIG, nullable=False),
        sa.Column("type", exact(40), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("unused_at", BIG),
        sa.PrimaryKeyConstraint("owner_id", "id", name="pk_file"),
        sa.UniqueConstraint("owner_id", "sha256", name="uq_file_sha256"),
        sa.ForeignKeyConstraint(["owner_id"], ["account.id"], name="fk_file_owner_id_account", ondelete="CASCADE"),
        sa.UniqueConstraint("owner_id", "unused_at", "id", name="uq_file_unused"),
        sqlite_with_rowid=False,
        **MYSQL_TABLE,
    )


def downgrade() -> None:
    steps.drop_table("file")

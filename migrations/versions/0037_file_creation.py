"""Create the table of the keys with which files were sent."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.columns import BIG, DIGEST, MYSQL_TABLE, exact
from migrations import steps

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.create_table(
        "file_creation",
        sa.Column("owner_id", BIG, nullable=False),
        sa.Column("key", exact(64), nullable=False),
        sa.Column("file_id", BIG, nullable=False),
        sa.Column("digest", DIGEST, nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "key", name="pk_file_creation"),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["account.id"], name="fk_file_creation_owner_id_account", ondelete="CASCADE"
        ),
        **MYSQL_TABLE,
    )


def downgrade() -> None:
    steps.drop_table("file_creation")

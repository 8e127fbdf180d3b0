"""Create the table that numbers the changes of notes."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.columns import BIG, MYSQL_TABLE
from migrations import steps

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.create_table(
        "note_change",
        sa.Column("owner_id", BIG, nullable=False),
        sa.Column("note_id", BIG, nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "note_id", name="pk_note_change"),
        sa.UniqueConstraint("owner_id", "number", name="uq_note_change_number"),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["account.id"], name="fk_note_change_owner_id_account", ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
        **MYSQL_TABLE,
    )


def downgrade() -> None:
    steps.drop_table("note_change")

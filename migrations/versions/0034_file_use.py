"""Create the table of the notes that mention files."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.columns import BIG, MYSQL_TABLE
from migrations import steps

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.create_table(
        "file_use",
        sa.Column("owner_id", BIG, nullable=False),
        sa.Column("note_id", BIG, nullable=False),
        sa.Column("file_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "note_id", "file_id", name="pk_file_use"),
        sa.UniqueConstraint("owner_id", "file_id", "note_id", name="uq_file_use_file"),
        sa.ForeignKeyConstraint(["owner_id"], ["account.id"], name="fk_file_use_owner_id_account", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["owner_id", "note_id"], ["note.owner_id", "note.id"], name="fk_file_use_note", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["owner_id", "file_id"], ["file.owner_id", "file.id"], name="fk_file_use_file", ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
        **MYSQL_TABLE,
    )


def downgrade() -> None:
    steps.drop_table("file_use")

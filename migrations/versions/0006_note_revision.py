"""Create the table of what notes said before."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.columns import BIG, LONG_TEXT, MYSQL_TABLE, exact
from migrations import steps

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.create_table(
        "note_revision",
        sa.Column("owner_id", BIG, nullable=False),
        sa.Column("note_id", BIG, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("replaced_at", BIG, nullable=False),
        sa.Column("status", exact(4), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("tags", exact(820), nullable=False),
        sa.Column("body", LONG_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "note_id", "version", name="pk_note_revision"),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["account.id"], name="fk_note_revision_owner_id_account", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["owner_id", "note_id"], ["note.owner_id", "note.id"], name="fk_note_revision_note", ondelete="CASCADE"
        ),
        **MYSQL_TABLE,
    )


def downgrade() -> None:
    steps.drop_table("note_revision")

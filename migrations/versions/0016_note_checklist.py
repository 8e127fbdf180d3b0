"""Create the table that says how many items of a note's text are ticked; a reindex fills it."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.columns import BIG, MYSQL_TABLE
from migrations import steps

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.create_table(
        "note_checklist",
        sa.Column("owner_id", BIG, nullable=False),
        sa.Column("note_id", BIG, nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "note_id", name="pk_note_checklist"),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["account.id"], name="fk_note_checklist_owner_id_account", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["owner_id", "note_id"], ["note.owner_id", "note.id"], name="fk_note_checklist_note", ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
        **MYSQL_TABLE,
    )
    steps.ask_for_reindex()


def downgrade() -> None:
    steps.drop_table("note_checklist")

"""Create the table of the titles that notes link to; a reindex fills it."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.columns import BIG, MYSQL_TABLE
from app.notes.models import LINKED_TITLE
from migrations import steps

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.create_table(
        "note_link",
        sa.Column("owner_id", BIG, nullable=False),
        sa.Column("note_id", BIG, nullable=False),
        sa.Column("title", LINKED_TITLE, nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "note_id", "title", name="pk_note_link"),
        sa.UniqueConstraint("owner_id", "title", "note_id", name="uq_note_link_title"),
        sa.ForeignKeyConstraint(["owner_id"], ["account.id"], name="fk_note_link_owner_id_account", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["owner_id", "note_id"], ["note.owner_id", "note.id"], name="fk_note_link_note", ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
        **MYSQL_TABLE,
    )
    steps.ask_for_reindex()


def downgrade() -> None:
    steps.drop_table("note_link")

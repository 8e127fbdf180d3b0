"""Create the table that finds notes by their tags."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.columns import BIG, MYSQL_TABLE, exact
from migrations import steps

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.create_table(
        "note_tag",
        sa.Column("owner_id", BIG, nullable=False),
        sa.Column("place", exact(7), nullable=False),
        sa.Column("tag", exact(40), nullable=False),
        sa.Column("list_order", BIG, nullable=False),
        sa.Column("note_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "place", "tag", "list_order", "note_id", name="pk_note_tag"),
        sa.UniqueConstraint("owner_id", "note_id", "tag", name="uq_note_tag_note"),
        sa.ForeignKeyConstraint(["owner_id"], ["account.id"], name="fk_note_tag_owner_id_account", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["owner_id", "note_id"], ["note.owner_id", "note.id"], name="fk_note_tag_note", ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
        **MYSQL_TABLE,
    )


def downgrade() -> None:
    steps.drop_table("note_tag")
